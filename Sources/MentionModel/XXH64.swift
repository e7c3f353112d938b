/// The 64-bit xxHash of Yann Collet (specification 0.1.1, "XXH64"): fast, not for secrets.
///
/// Values are the published ones on every machine (bytes are read as little-endian), and they are stored: they never
/// change. O(n), no allocation.
public enum XXH64 {
    static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The hash of the bytes.
    public static func hash(_ bytes: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
        bytes.withUnsafeBufferPointer { hash(UnsafeRawBufferPointer($0), seed: seed) }
    }

    /// The hash of the bytes.
    public static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64 = 0) -> UInt64 {
        hash(UnsafeRawBufferPointer(bytes), seed: seed)
    }

    /// The hash of the bytes.
    public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
        var lanes = Lanes(seed: seed)
        let striped = bytes.count & ~31
        guard let base = bytes.baseAddress else { return finish(seed &+ prime5, nil, 0, length: 0) }
        var offset = 0
        while offset < striped {
            lanes.round(base + offset)
            offset += 32
        }
        let start = striped > 0 ? lanes.merged : seed &+ prime5
        return finish(start, base + offset, bytes.count - offset, length: UInt64(bytes.count))
    }

    /// Mixes in the last bytes (fewer than 32) and the length, and scatters the bits.
    fileprivate static func finish(
        _ start: UInt64,
        _ tail: UnsafeRawPointer?,
        _ count: Int,
        length: UInt64
    ) -> UInt64 {
        var hash = start &+ length
        if let tail {
            var offset = 0
            while offset + 8 <= count {
                hash ^= mix(0, word(tail + offset))
                hash = rotated(hash, 27) &* prime1 &+ prime4
                offset += 8
            }
            if offset + 4 <= count {
                let half = UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash ^= UInt64(half) &* prime1
                hash = rotated(hash, 23) &* prime2 &+ prime3
                offset += 4
            }
            while offset < count {
                hash ^= UInt64(tail.load(fromByteOffset: offset, as: UInt8.self)) &* prime5
                hash = rotated(hash, 11) &* prime1
                offset += 1
            }
        }
        hash = (hash ^ hash >> 33) &* prime2
        hash = (hash ^ hash >> 29) &* prime3
        return hash ^ hash >> 32
    }

    @inline(__always)
    fileprivate static func word(_ pointer: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    fileprivate static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }

    @inline(__always)
    fileprivate static func mix(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotated(lane &+ input &* prime2, 31) &* prime1
    }

    /// The four accumulators that each take 8 bytes of a 32-byte stripe.
    fileprivate struct Lanes: Sendable {
        var first: UInt64
        var second: UInt64
        var third: UInt64
        var fourth: UInt64

        @inline(__always)
        init(seed: UInt64) {
            first = seed &+ prime1 &+ prime2
            second = seed &+ prime2
            third = seed
            fourth = seed &- prime1
        }

        /// Takes 32 bytes.
        @inline(__always)
        mutating func round(_ stripe: UnsafeRawPointer) {
            first = mix(first, word(stripe))
            second = mix(second, word(stripe + 8))
            third = mix(third, word(stripe + 16))
            fourth = mix(fourth, word(stripe + 24))
        }

        var merged: UInt64 {
            var hash = rotated(first, 1) &+ rotated(second, 7) &+ rotated(third, 12) &+ rotated(fourth, 18)
            hash = (hash ^ mix(0, first)) &* prime1 &+ prime4
            hash = (hash ^ mix(0, second)) &* prime1 &+ prime4
            hash = (hash ^ mix(0, third)) &* prime1 &+ prime4
            return (hash ^ mix(0, fourth)) &* prime1 &+ prime4
        }
    }

    /// The same hash of bytes that come in pieces; where they are cut does not matter.
    public struct Stream: Sendable {
        private var lanes: Lanes
        private var buffer: InlineArray<32, UInt8> = .init(repeating: 0)
        private var buffered = 0
        private var length: UInt64 = 0
        private let seed: UInt64

        /// A stream that has seen no bytes.
        public init(seed: UInt64 = 0) {
            self.seed = seed
            lanes = Lanes(seed: seed)
        }

        /// Takes the next bytes.
        public mutating func update(_ bytes: Span<UInt8>) {
            bytes.withUnsafeBufferPointer { update(UnsafeRawBufferPointer($0)) }
        }

        /// Takes the next bytes.
        public mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
            update(UnsafeRawBufferPointer(bytes))
        }

        /// Takes an integer as its 8 little-endian bytes.
        public mutating func update(_ integer: UInt64) {
            withUnsafeBytes(of: integer.littleEndian) { update($0) }
        }

        /// Takes the next bytes.
        public mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard var next = bytes.baseAddress else { return }
            var left = bytes.count
            length &+= UInt64(left)
            if buffered > 0 {
                let taken = min(32 - buffered, left)
                fill(from: next, taken)
                next += taken
                left -= taken
                guard buffered == 32 else { return }
                var lanes = lanes
                withBuffer { lanes.round($0) }
                self.lanes = lanes
                buffered = 0
            }
            while left >= 32 {
                lanes.round(next)
                next += 32
                left -= 32
            }
            fill(from: next, left)
        }

        /// The hash of all bytes so far; more may follow.
        public func finish() -> UInt64 {
            let start = length >= 32 ? lanes.merged : seed &+ prime5
            return withBuffer { XXH64.finish(start, $0, buffered, length: length) }
        }

        /// Keeps `count` bytes; the caller has seen that they fit.
        private mutating func fill(from source: UnsafeRawPointer, _ count: Int) {
            guard count > 0 else { return }
            let offset = buffered
            withUnsafeMutableBytes(of: &buffer) {
                $0.baseAddress?.advanced(by: offset).copyMemory(from: source, byteCount: count)
            }
            buffered += count
        }

        private func withBuffer<Result>(_ body: (UnsafeRawPointer) -> Result) -> Result {
            withUnsafePointer(to: buffer) { body(UnsafeRawPointer($0)) }
        }
    }
}
