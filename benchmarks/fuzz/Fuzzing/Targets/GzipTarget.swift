import Gzip
import Synthesis

/// The reader of compressed files: `GzipReader`.
struct GzipTarget: FuzzTarget {
    static let name = "gzip"
    static let share = 60
    static let isText = false
    let dictionary: [[UInt8]] = [
        [0x1F, 0x8B], [0x1F, 0x8B, 8, 0], [0x1F, 0x8B, 8, 0x1F], [0x1F], [0, 0], [3, 0], [1, 0, 0, 0xFF, 0xFF],
        [0, 1, 0, 0xFE, 0xFF, 0x61], [0xED, 0xFD], [5, 0x80],
    ]
    private var plain: [UInt8] = []

    /// Inflated bytes can be a thousand times the input: this much is enough to see that the reader goes on.
    private static let enough = 8 << 20

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        let stream = GzipGrammar.stream(&random)
        plain = stream.plain
        return stream.bytes
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let reading = try Self.read(input.bytes, random.pieces(of: input.bytes.count))
        if input.mutations == 0 {
            try FuzzFinding.unless(reading == .success(plain), "a valid stream reads as something else")
        }
        if random.below(2) == 0 {
            let other = try Self.read(input.bytes, input.bytes.isEmpty ? [] : [0..<input.bytes.count])
            switch (reading, other) {
            case (.success(let one), .success(let two)):
                try FuzzFinding.unless(one == two, "other pieces give other bytes")
            case (.failure, .failure): break
            default: throw FuzzFinding("other pieces give an error, or none")
            }
        }
        switch reading {
        case .success: return "accepted"
        case .failure(.truncated): return "truncated"
        case .failure(.corrupt): return "corrupt"
        case .failure(.trailingGarbage): return "trailing_garbage"
        case .failure(.outOfMemory): throw FuzzFinding("out of memory")
        }
    }

    private static func read(_ bytes: [UInt8], _ pieces: [Range<Int>]) throws(FuzzFinding)
        -> Result<[UInt8], GzipError>
    {
        let reader = GzipReader()
        var plain: [UInt8] = []
        do throws(GzipError) {
            for piece in pieces {
                reader.append(Array(bytes[piece]))
                while plain.count < enough, let piece = try reader.next() { plain += piece }
            }
            reader.finish()
            while plain.count < enough, let piece = try reader.next() {
                if piece.isEmpty || piece.count > GzipReader.maximumPiece { return .failure(.outOfMemory) }
                plain += piece
            }
        } catch {
            return .failure(error)
        }
        return .success(plain)
    }
}
