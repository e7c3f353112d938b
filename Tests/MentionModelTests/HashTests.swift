import MentionModel
import Testing

@Suite struct HashTests {
    /// The buffer and values of the self-test that comes with the reference implementation.
    @Test(
        arguments: [
            (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
            (1, 0, 0xE934_A84A_DB05_2768), (1, 2_654_435_761, 0x5014_6076_43A9_B4C3),
            (4, 0, 0x9136_A0DC_A574_57EE), (14, 0, 0x8282_DCC4_994E_35C8), (14, 2_654_435_761, 0xC3BD_6BF6_3DEB_6DF0),
            (222, 0, 0xB641_AE8C_B691_C174), (222, 2_654_435_761, 0x20CB_8AB7_AE10_C14A),
        ] as [(Int, UInt64, UInt64)]
    )
    func xxh64Vectors(length: Int, seed: UInt64, expected: UInt64) {
        var state: UInt64 = 2_654_435_761
        var bytes: [UInt8] = []
        for _ in 0..<length {
            bytes.append(UInt8(truncatingIfNeeded: state >> 56))
            state &*= 11_400_714_785_074_694_797
        }
        #expect(XXH64.hash(bytes.span, seed: seed) == expected)
        #expect(bytes.withUnsafeBufferPointer { XXH64.hash($0, seed: seed) } == expected)
        #expect(bytes.withUnsafeBytes { XXH64.hash($0, seed: seed) } == expected)
    }

    @Test func xxh64OfKnownTexts() {
        #expect(XXH64.hash(Array("abc".utf8).span) == 0x44BC_2CF5_AD77_0999)
        #expect(XXH64.hash(Array("Nobody inspects the spammish repetition".utf8).span) == 0xFBCE_A83C_8A37_8BF1)
    }

    @Test func streamEqualsOneShotHoweverItIsCut() {
        var random = SplitMix64(seed: 1)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var stream = XXH64.Stream(seed: UInt64(length))
            var start = 0
            while start < length {
                let end = min(length, start + random.below(random.chance(50) ? 5 : 80))
                stream.update(bytes.span.extracting(start..<end))
                start = end
            }
            #expect(stream.finish() == XXH64.hash(bytes.span, seed: UInt64(length)))
        }
        var stream = XXH64.Stream()
        stream.update(0x0807_0605_0403_0201 as UInt64)
        #expect(stream.finish() == XXH64.hash([1, 2, 3, 4, 5, 6, 7, 8].span))
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func sha256Vectors(text: String, expected: String) {
        #expect(SHA256.hexDigest(of: Array(text.utf8).span) == expected)
    }

    @Test func sha256OfAMillionLetters() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(SHA256.hexDigest(of: bytes.span) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(SHA256.hash(bytes.span).count == 32)
    }
}
