import Fingerprinting
import Testing

@Suite struct CaseFoldingTests {
    /// Scalars whose folding is not the standard library's lower case, with what they fold to.
    private static let exceptions: [UInt32: UInt32] = [
        0xB5: 0x3BC, 0x130: 0x69, 0x17F: 0x73, 0x3C2: 0x3C3, 0x3D0: 0x3B2, 0x3D1: 0x3B8, 0x3D5: 0x3C6, 0x3D6: 0x3C0,
        0x3F0: 0x3BA, 0x3F1: 0x3C1, 0x3F5: 0x3B5, 0x1E9B: 0x1E61,
    ]

    @Test(
        arguments: [
            0...0x17F, 0x370...0x3FF, 0x400...0x52F, 0x1E00...0x1EFF, 0xFF00...0xFFEF,
        ] as [ClosedRange<UInt32>]
    )
    func equalsLowerCaseButForTheExceptions(block: ClosedRange<UInt32>) throws {
        for value in block {
            let scalar = try #require(Unicode.Scalar(value))
            let lower = Array(scalar.properties.lowercaseMapping.unicodeScalars)
            let expected = Self.exceptions[value] ?? (lower.count == 1 ? lower[0].value : value)
            #expect(CaseFolding.fold(value) == expected, "U+\(String(value, radix: 16))")
        }
    }

    @Test func foldedFormsAreNeverLonger() {
        for value in UInt32(0)...0x20000 where !(0xD800...0xDFFF).contains(value) {
            guard let before = Unicode.Scalar(value), let after = Unicode.Scalar(CaseFolding.fold(value)) else {
                Issue.record("U+\(String(value, radix: 16)) folds to no scalar")
                continue
            }
            #expect(UTF8.width(after) <= UTF8.width(before))
            #expect(CaseFolding.fold(after.value) == after.value)
        }
    }

    @Test func decoderAgreesWithTheStandardLibrary() {
        let text = "aé€😀\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"
        let bytes = Array(text.utf8)
        var scalars: [UInt32] = []
        var index = 0
        while index < bytes.count {
            let decoded = ScalarDecoder.decode(bytes.span, at: index)
            scalars.append(decoded.value)
            index += decoded.length
        }
        #expect(scalars == text.unicodeScalars.map(\.value))
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xC3], [0xC3, 0x41], [0xFF],
        ] as [[UInt8]]
    )
    func illFormedBytesComeOutOneByOne(bytes: [UInt8]) {
        let decoded = ScalarDecoder.decode(bytes.span, at: 0)
        #expect(decoded.value == ScalarDecoder.invalid)
        #expect(decoded.length == 1)
    }

    @Test func classes() {
        let expected: [(String, ScalarClass)] = [
            ("aZ_09éñßЖαאعहั", .word), ("東のカ한ไ々", .unsegmented), (" \t\u{A0}\u{2003}\u{3000}", .space),
            ("\u{200B}\u{200D}\u{FE0F}\u{AD}\u{FEFF}", .ignorable), ("@#'’.,!–—。、「😀❤×÷™€", .other),
        ]
        for (text, kind) in expected {
            for scalar in text.unicodeScalars where scalar.value != 0xE31 {
                #expect(ScalarClass.of(scalar.value) == kind, "U+\(String(scalar.value, radix: 16))")
            }
        }
    }

    @Test func wordKeysTellWordsApart() {
        #expect(WordKey("delta") == WordKey("delta"))
        #expect(WordKey("delta") != WordKey("deltas"))
        let long = String(repeating: "a", count: 17)
        #expect(WordKey(long) == WordKey(long))
        #expect(WordKey(long) != WordKey(long + "a"))
        #expect(WordKey("b" + long) != WordKey("c" + long))
        #expect(WordKey("0123456789abcdef") != WordKey("1123456789abcdef"))
    }
}
