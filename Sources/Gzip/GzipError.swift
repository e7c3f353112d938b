/// Why compressed input can't be read. No case holds any of the input.
public enum GzipError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The input ended inside a gzip member, after `offset` bytes of plain output.
    case truncated(offset: Int)
    /// The compressed bytes, or their checksum, are wrong; `offset` counts the plain bytes read before.
    case corrupt(offset: Int)
    /// After a member come bytes that are neither another member nor zero padding.
    case trailingGarbage(offset: Int)
    /// zlib could not get memory.
    case outOfMemory

    /// One line for a person.
    public var description: String {
        switch self {
        case .truncated(let offset): "the gzip data ends early, after \(offset) plain bytes"
        case .corrupt(let offset): "the gzip data is damaged after \(offset) plain bytes"
        case .trailingGarbage(let offset): "after \(offset) plain bytes come bytes that are not gzip data"
        case .outOfMemory: "not enough memory to decompress"
        }
    }
}
