@testable import Copies
import Testing

@Suite struct SignatureTests {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789_ ".utf8)

    @Test func packingLosesNothing() {
        var random = SeededGenerator(seed: 1)
        var room: [UInt8] = []
        for length in 0..<400 {
            let text = (0..<length % 90).map { _ in Self.alphabet[Int.random(in: 0..<38, using: &random)] }
            var packed: [UInt8] = [7]
            TextPacking.pack(text, text.count, &room, into: &packed)
            #expect(packed.count - 1 == (text.count * 6 + 7) / 8)
            var output = [UInt8](repeating: 0, count: text.count + length % 5)
            let count = TextPacking.unpack(packed.span.extracting(droppingFirst: 1), into: &output)
            #expect(Array(output[..<count]) == text)
        }
    }

    @Test func anyBytesUnpackToSomething() {
        var random = SeededGenerator(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var output = [UInt8](repeating: 0, count: Int.random(in: 0...length * 2, using: &random))
            let count = TextPacking.unpack(bytes.span, into: &output)
            #expect(count <= output.count && count <= (length * 8 + 5) / 6)
        }
    }

    @Test func foldingIsTheSameInWordsAndByByte() {
        // Eight bytes at once, or one by one: the texts end and break at all places of a word.
        var random = SeededGenerator(seed: 6)
        let marks = Array("abcxyz019_  .,'!éß".utf8)
        for length in 0..<600 {
            let text = (0..<length % 70).map { _ in marks[Int.random(in: 0..<marks.count, using: &random)] }
            var (whole, expected): ([UInt8], [UInt8]) = ([], [])
            let folded = ShingleText.fold(text.span, into: &whole)
            // In a text of one byte no word is whole: the sum of such folds is what folding means, for ASCII.
            guard text.allSatisfy({ $0 < 0x80 }) else { continue }
            var buffer: [UInt8] = []
            for byte in text {
                let one = ShingleText.fold([byte].span, into: &buffer)
                if one.count == 1 { expected.append(buffer[0]) }
                if one.count == 0, byte != 0x27, !expected.isEmpty, expected.last != 0x20 { expected.append(0x20) }
            }
            if expected.last == 0x20 { expected.removeLast() }
            #expect(Array(whole[..<folded.count]) == expected)
        }
    }

    @Test func aStoredSignatureGivesItsSketchAgain() {
        var random = SeededGenerator(seed: 2)
        var sketcher = CopySketcher()
        for length in [1, 3, 5, 12, 40, 150, 400, 3_000] {
            for _ in 0..<20 {
                let text = Array(random.words(length).joined(separator: " ").lowercased().utf8)
                var signature: [UInt8] = []
                let sketch = sketcher.sketch(text.span, signature: &signature)
                let again = sketcher.sketch(of: signature.span)
                #expect(sketch.isComparable == again.isComparable)
                #expect(sketch.isComparable == !signature.isEmpty)
                #expect(signature.count <= CopySignature.mostBytes)
                #expect(sketch.pattern == again.pattern)
                for band in 0..<16 { #expect(sketch.bands[band] == again.bands[band]) }
            }
        }
    }

    @Test func similarityIsExactForTweetsAndCloseForLongTexts() {
        var random = SeededGenerator(seed: 3)
        var resemblance = Resemblance(shingle: 5)
        var preparation = Preparation()
        for length in [8, 20, 60, 400, 1_500] {
            for _ in 0..<12 {
                var words = random.words(length)
                let text = words.joined(separator: " ")
                for _ in 0...length / 25 { words[Int.random(in: 0..<length, using: &random)] = random.words(1)[0] }
                let other = words.joined(separator: " ")
                let one = preparation.prepare(text, 0).signature
                let two = preparation.prepare(other, 1).signature
                guard !one.isEmpty, !two.isEmpty else { continue }
                resemblance.begin()
                let found = resemblance.compare(one.span, two, two.indices, threshold: 1_000)
                let truth = jaccard(text, other)
                if length <= 60 {
                    #expect(found == Int(truth * 10_000))
                } else {
                    #expect(abs(Double(found ?? 0) / 10_000 - truth) < 0.1)
                }
                let itself = resemblance.compare(one.span, one, one.indices, threshold: 10_000)
                #expect(itself == 10_000)
                if truth < 0.999 {
                    let other = resemblance.compare(one.span, two, two.indices, threshold: 10_000)
                    #expect(other == nil)
                }
            }
        }
    }

    @Test func anyBytesAreASignatureOrNone() {
        var random = SeededGenerator(seed: 4)
        var sketcher = CopySketcher()
        var resemblance = Resemblance(shingle: 5)
        var index = CopyIndex(bytes: 128 << 10)
        for number in 0..<1_500 {
            var bytes = (0..<Int.random(in: 0...1_400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty { bytes[0] = CopySignature.version | UInt8.random(in: 0...4, using: &random) }
            if bytes.count > 4, Bool.random(using: &random) {
                bytes.replaceSubrange(
                    1...4,
                    with: [
                        5, UInt8(sketcher.scheme.bands), UInt8(sketcher.scheme.rows),
                        UInt8.random(in: 0...60, using: &random),
                    ]
                )
            }
            _ = sketcher.sketch(of: bytes.span)
            resemblance.begin()
            _ = resemblance.compare(bytes.span, bytes, bytes.indices, threshold: 5_000)
            let mention = CopyMention(
                textHash: random.next(),
                reference: Int64(number),
                publishedAt: .init(microseconds: 0)
            )
            _ = index.restore(mention, signature: bytes.span)
        }
    }

    @Test func anyTextHasABoundedSignature() {
        var random = SeededGenerator(seed: 5)
        var sketcher = CopySketcher()
        for length in [65_536, 70_000] {
            let texts: [[UInt8]] = [
                (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) },
                [UInt8](repeating: 0x61, count: length),
                Array(String(repeating: "東京", count: length / 6).utf8),
                [UInt8](repeating: 0xFF, count: length),
            ]
            for text in texts {
                var signature: [UInt8] = []
                _ = sketcher.sketch(text.span, signature: &signature)
                #expect(signature.count <= CopySignature.mostBytes)
            }
        }
    }

    @Test func earlierTextsDoNotShow() {
        var random = SeededGenerator(seed: 6)
        var used = CopySketcher()
        for _ in 0..<300 {
            let text = Array(random.words(Int.random(in: 1...300, using: &random)).joined(separator: " ").utf8)
            var fresh = CopySketcher()
            var (one, other): ([UInt8], [UInt8]) = ([], [])
            let left = used.sketch(text.span, signature: &one)
            let right = fresh.sketch(text.span, signature: &other)
            #expect(one == other)
            for band in 0..<16 { #expect(left.bands[band] == right.bands[band]) }
        }
    }

    @Test func patternsOfNearTextsAgree() {
        var random = SeededGenerator(seed: 7)
        var sketcher = CopySketcher()
        let least = SketchPattern.leastAgreement(sketcher.scheme)
        #expect(least > 16 && least < 28)
        #expect(SketchPattern.leastAgreement(CopyScheme(bands: 1, rows: 1, threshold: 1)) >= 0)
        #expect(SketchPattern(bits: 0).agreement(SketchPattern(bits: .max)) == 0)
        #expect(SketchPattern(bits: 0b1001).agreement(SketchPattern(bits: 0b0110)) == 30)
        var refused = 0
        var passed = 0
        for _ in 0..<400 {
            let text = random.words(20).joined(separator: " ").lowercased()
            var signature: [UInt8] = []
            let one = sketcher.sketch(Array(text.utf8).span, signature: &signature)
            let near = sketcher.sketch(Array((text + " wow").utf8).span, signature: &signature)
            let far = sketcher.sketch(
                Array(random.words(20).joined(separator: " ").lowercased().utf8).span,
                signature: &signature
            )
            if one.pattern.agreement(near.pattern) < least { refused += 1 }
            if one.pattern.agreement(far.pattern) >= least { passed += 1 }
        }
        #expect(refused == 0)
        #expect(passed < 4)
    }

    @Test func samplesKeepWhatALongTextHasAndNotHowOften() {
        var random = SeededGenerator(seed: 8)
        var sample = ShingleSample()
        // 60,000 bytes of one sentence: all its shingles are kept.
        let sentence = random.words(40).joined(separator: " ").lowercased() + " "
        sample.take(Array(String(repeating: sentence, count: 200).utf8).span, shingle: 5, isASCII: false)
        #expect(sample.level == 0)
        #expect(sample.hashes.count > 100)
        sample.take(Array(random.words(8_000).joined(separator: " ").utf8).span, shingle: 5, isASCII: false)
        #expect(sample.level > 4)
        #expect(sample.hashes.count > CopySignature.mostSamples / 3)
        #expect(sample.hashes.count <= CopySignature.mostSamples)
        #expect(Set(sample.hashes).count == sample.hashes.count)
        let nothing: [UInt8] = []
        sample.take(nothing.span, shingle: 5, isASCII: false)
        #expect(sample.hashes.isEmpty)
    }
}
