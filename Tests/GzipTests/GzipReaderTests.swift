import Foundation
import Gzip
import Testing

/// Compressed by another program (Python's zlib), so that the reader is not tested against itself.
private enum Fixture {
    static let small = bytes("H4sIAAAAAAACA8vPS1XIycxL5UrMS1FIzMsvyUgt4gIAEqPtWxUAAAA=")
    static let second = bytes("H4sIAAAAAAACAytOTc7PS1HITc1NSi3iAgA2GEsODgAAAA==")
    static let empty = bytes("H4sIAAAAAAACAwMAAAAAAAAAAAA=")
    /// 200,000 times the letter x.
    static let repetitive = bytes(
        "H4sIAAAAAAACA+3BMQEAAADCoNqLbwZ/oAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA1wByAr9RQA0DAA=="
    )

    private static func bytes(_ base64: String) -> [UInt8] { Data(base64Encoded: base64).map { Array($0) } ?? [] }
}

/// Feeds the input in pieces of a size and joins what comes out.
private func read(_ input: [UInt8], pieces: Int) throws -> [UInt8] {
    let reader = GzipReader()
    var output: [UInt8] = []
    var start = 0
    while start < input.count {
        let end = min(input.count, start + pieces)
        reader.append(Array(input[start..<end]))
        while let piece = try reader.next() {
            #expect(piece.count <= GzipReader.maximumPiece)
            output += piece
        }
        start = end
    }
    reader.finish()
    while let piece = try reader.next() { output += piece }
    return output
}

@Suite struct GzipReaderTests {
    private static let text = Array("one line\nand another\n".utf8)

    @Test(arguments: [1, 2, 7, 1_000]) func readsAMember(pieces: Int) throws {
        #expect(try read(Fixture.small, pieces: pieces) == Self.text)
    }

    @Test(arguments: [1, 3, 1_000]) func readsConcatenatedMembers(pieces: Int) throws {
        let input = Fixture.small + Fixture.empty + Fixture.second
        #expect(try read(input, pieces: pieces) == Self.text + Array("second member\n".utf8))
    }

    @Test(arguments: [1, 5, 1_000]) func passesPlainBytesThrough(pieces: Int) throws {
        for plain in [Self.text, [], [0x1f], [0x1f, 0x20], Array(repeating: 0x61, count: 100_000)] {
            #expect(try read(plain, pieces: pieces == 1 ? max(1, plain.count / 10) : pieces) == plain)
        }
    }

    @Test func givesBoundedPieces() throws {
        let output = try read(Fixture.repetitive, pieces: 10_000)
        #expect(output.count == 200_000)
        #expect(output.allSatisfy { $0 == 0x78 })
    }

    @Test func everyTruncationIsAnError() {
        for end in 2..<Fixture.small.count {
            let error = #expect(throws: GzipError.self) { try read(Array(Fixture.small[..<end]), pieces: 8) }
            guard case .truncated? = error else {
                Issue.record("\(end) bytes: \(String(describing: error))")
                continue
            }
        }
    }

    @Test func damageIsAnErrorOrGone() {
        var caught = 0
        for index in 3..<Fixture.small.count {
            var damaged = Fixture.small
            damaged[index] ^= 0x55
            do {
                // The header's time and operating system may be anything.
                if try read(damaged, pieces: 4) == Self.text { #expect(index < 10) }
            } catch is GzipError {
                caught += 1
            } catch {
                Issue.record(error)
            }
        }
        #expect(caught > Fixture.small.count - 12)
    }

    @Test func zeroPaddingIsIgnoredAndGarbageIsNot() throws {
        #expect(try read(Fixture.small + [UInt8](repeating: 0, count: 600), pieces: 100) == Self.text)
        #expect(throws: GzipError.trailingGarbage(offset: Self.text.count)) {
            _ = try read(Fixture.small + Array("garbage".utf8), pieces: 100)
        }
    }

    @Test func saysWhetherItIsCompressed() throws {
        let reader = GzipReader()
        #expect(!reader.isCompressed)
        reader.append(Fixture.small)
        _ = try reader.next()
        #expect(reader.isCompressed)
    }
}
