import Glibc

/// Growing bytes with big-endian numbers, for the binary formats of parameters and COPY.
///
/// It keeps a filled array longer than what is used and moves a cursor, which is several times faster than appending
/// byte by byte: a fixed-size field is one bounds check and one store.
struct BinaryWriter: Sendable {
    private var storage: [UInt8]
    private(set) var count = 0

    init(capacity: Int) {
        storage = [UInt8](repeating: 0, count: max(capacity, 64))
    }

    /// Makes room for `extra` bytes more.
    @inline(__always)
    private mutating func reserve(_ extra: Int) {
        if storage.count &- count < extra { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let used = count
        let size = max(used &+ extra, storage.count &* 2)
        storage = [UInt8](unsafeUninitializedCapacity: size) { target, initialized in
            guard let start = target.baseAddress else { return }
            storage.withUnsafeBufferPointer { source in
                if let source = source.baseAddress { memcpy(start, source, used) }
            }
            memset(start + used, 0, size &- used)
            initialized = size
        }
    }

    @inline(__always)
    mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        reserve(size)
        let offset = count
        storage.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self) }
        count &+= size
    }

    /// A length word and a number, as one reservation.
    @inline(__always)
    mutating func writeField<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        reserve(size &+ 4)
        let offset = count
        storage.withUnsafeMutableBytes {
            $0.storeBytes(of: Int32(truncatingIfNeeded: size).bigEndian, toByteOffset: offset, as: Int32.self)
            $0.storeBytes(of: value.bigEndian, toByteOffset: offset &+ 4, as: Value.self)
        }
        count &+= size &+ 4
    }

    /// A length word and a number for each value, as one reservation.
    @inline(__always)
    mutating func writeFields<Value: FixedWidthInteger & BitwiseCopyable>(_ values: Span<Value>) {
        let size = MemoryLayout<Value>.size
        let step = size &+ 4
        reserve(values.count &* step)
        let length = Int32(truncatingIfNeeded: size).bigEndian
        var offset = count
        storage.withUnsafeMutableBytes { target in
            for index in values.indices {
                target.storeBytes(of: length, toByteOffset: offset, as: Int32.self)
                target.storeBytes(of: values[index].bigEndian, toByteOffset: offset &+ 4, as: Value.self)
                offset &+= step
            }
        }
        count = offset
    }

    /// A length word and bytes. A field over 2 GiB gets the greatest length, which the server refuses.
    @inline(__always)
    mutating func writeField(_ bytes: UnsafeBufferPointer<UInt8>) {
        write(Int32(clamping: bytes.count))
        append(UnsafeRawBufferPointer(bytes))
    }

    /// A length word and the UTF-8 of a string.
    mutating func writeField(_ string: String) {
        var string = string
        string.withUTF8 { writeField($0) }
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        reserve(bytes.count)
        let offset = count
        storage.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: bytes)
        }
        count &+= bytes.count
    }

    /// Overwrites a number at an offset that was written before.
    mutating func overwrite(_ value: Int32, at offset: Int) {
        guard offset >= 0, offset &+ 4 <= count else { return }
        storage.withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self) }
    }

    /// The bytes written; O(1), the writer gives up its storage.
    consuming func finish() -> [UInt8] {
        storage.removeLast(storage.count &- count)
        return storage
    }
}
