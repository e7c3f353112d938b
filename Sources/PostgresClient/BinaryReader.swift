/// Reads PostgreSQL's binary formats; nil instead of reading past the end.
struct BinaryReader {
    private let buffer: UnsafeRawBufferPointer
    private var offset = 0

    init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
    }

    var remaining: Int { buffer.count &- offset }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value? {
        guard remaining >= MemoryLayout<Value>.size else { return nil }
        let value = Value(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
        offset &+= MemoryLayout<Value>.size
        return value
    }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        defer { offset &+= count }
        return UnsafeRawBufferPointer(rebasing: buffer[offset..<offset &+ count])
    }

    mutating func string(_ count: Int) -> String? {
        bytes(count).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// An array of at most one dimension. `elementOID` nil: any type that `read` makes sense of.
    mutating func array<Element>(
        of elementOID: UInt32?,
        _ read: (inout BinaryReader) -> Element?
    ) -> [Element?]? {
        guard let dimensions = integer(Int32.self), integer(Int32.self) != nil, let type = integer(UInt32.self),
            elementOID == nil || elementOID == type
        else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = integer(Int32.self), integer(Int32.self) != nil, count >= 0 else {
            return nil
        }
        var elements: [Element?] = []
        // The count is the sender's word; each element takes at least its length.
        elements.reserveCapacity(min(Int(count), remaining / 4))
        for _ in 0..<count {
            guard let length = integer(Int32.self) else { return nil }
            if length == -1 {
                elements.append(nil)
                continue
            }
            guard let slice = bytes(Int(length)) else { return nil }
            var reader = BinaryReader(slice)
            guard let element = read(&reader) else { return nil }
            elements.append(element)
        }
        return elements
    }

    /// A `numeric` without a fraction that fits 64 bits. Digits are base 10,000; the weight is that of the first.
    mutating func wholeNumeric() -> Int64? {
        guard let digits = integer(Int16.self), let weight = integer(Int16.self), let sign = integer(UInt16.self),
            integer(UInt16.self) != nil, sign == 0 || sign == 0x4000, digits >= 0
        else { return nil }
        var value: Int64 = 0
        for index in 0..<max(Int(digits), Int(weight) + 1) {
            var digit: Int64 = 0
            if index < Int(digits) {
                guard let next = integer(Int16.self) else { return nil }
                digit = Int64(next)
            }
            if index > Int(weight) {
                guard digit == 0 else { return nil }
                continue
            }
            // Downwards for negative numbers, so that Int64.min fits.
            let (product, overflow) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, overflowed) =
                sign == 0 ? product.addingReportingOverflow(digit) : product.subtractingReportingOverflow(digit)
            guard !overflow, !overflowed else { return nil }
            value = sum
        }
        return value
    }
}
