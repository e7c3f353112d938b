/// A line of NDJSON or an element of a document.
struct FeedPiece: Sendable, Equatable {
    /// Line or index, from 1.
    var number: Int
    /// Its bytes; empty where it was too long.
    var bytes: [UInt8]
    var isTooLong = false
}

/// Cuts a stream of bytes into lines, with memory for one line up to the bound.
struct LineSplitter: Sendable {
    private let maximum: Int
    private var pending: [UInt8] = []
    private var isSkipping = false
    private var line = 1

    init(maximum: Int) { self.maximum = maximum }

    /// Takes the next bytes and appends the lines that they complete, without their ends; blank lines are left out.
    mutating func consume(_ chunk: [UInt8], into pieces: inout [FeedPiece]) {
        var start = 0
        while let end = chunk[start...].firstIndex(of: 0x0A) {
            take(chunk[start..<end])
            endLine(into: &pieces)
            line += 1
            start = end + 1
        }
        take(chunk[start...])
    }

    /// Gives the last line, which needs no line end.
    mutating func finish(into pieces: inout [FeedPiece]) {
        endLine(into: &pieces)
    }

    private mutating func take(_ part: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        if pending.count + part.count > maximum {
            isSkipping = true
            pending = []
        } else {
            pending.append(contentsOf: part)
        }
    }

    private mutating func endLine(into pieces: inout [FeedPiece]) {
        if isSkipping {
            pieces.append(FeedPiece(number: line, bytes: [], isTooLong: true))
        } else {
            if pending.last == 0x0D { pending.removeLast() }
            if pending.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
                pieces.append(FeedPiece(number: line, bytes: pending))
            }
        }
        isSkipping = false
        pending.removeAll(keepingCapacity: true)
    }
}

/// Cuts a JSON document into the elements of its array: of the document itself, or of its member `statuses`.
///
/// Only brackets and strings are followed; what is inside an element is for the caller to check. Memory: one element
/// up to the bound. Several documents may follow each other.
struct DocumentSplitter: Sendable {
    private let maximum: Int
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The depth inside the array whose elements are given; nil outside of it.
    private var elementsDepth: Int?
    private var isObject = false
    private var expectsKey = false
    private var key: [UInt8] = []
    private var element: [UInt8] = []
    private var isCapturing = false
    private var isTooLong = false
    private var count = 0
    /// Whether the document turned out to be none; everything behind is ignored.
    private(set) var isBroken = false

    private static let statuses = Array("statuses".utf8)

    init(maximum: Int) { self.maximum = maximum }

    /// Whether the input may end here.
    var isComplete: Bool { depth == 0 && !isInString }

    /// Elements given so far.
    var elements: Int { count }

    /// Takes the next bytes and appends the elements that they complete.
    mutating func consume(_ chunk: [UInt8], into pieces: inout [FeedPiece]) {
        for byte in chunk where !isBroken { take(byte, into: &pieces) }
    }

    private mutating func take(_ byte: UInt8, into pieces: inout [FeedPiece]) {
        if isInString {
            capture(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else if byte == 0x22 {
                isInString = false
            }
            if isInString, depth == 1, isObject, expectsKey, key.count < 16 { key.append(byte) }
            return
        }
        switch byte {
        case 0x22:
            if depth == 0 { isBroken = true }
            isInString = true
            beginScalar()
            if depth == 1, isObject, expectsKey { key.removeAll(keepingCapacity: true) }
            capture(byte)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            open(byte)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            close(byte, into: &pieces)
        case UInt8(ascii: ","):
            if isCapturing, depth == elementsDepth {
                emit(into: &pieces)
            } else {
                capture(byte)
                if depth == 1 { expectsKey = true }
            }
        case UInt8(ascii: ":"):
            if depth == 1 { expectsKey = false }
            capture(byte)
        case 0x20, 0x09, 0x0A, 0x0D:
            capture(byte)
        default:
            // A byte order mark in front of the document is let pass.
            if depth == 0, byte != 0xEF, byte != 0xBB, byte != 0xBF { isBroken = true }
            beginScalar()
            capture(byte)
        }
    }

    private mutating func beginScalar() {
        if !isCapturing, let elementsDepth, depth == elementsDepth { isCapturing = true }
    }

    private mutating func capture(_ byte: UInt8) {
        guard isCapturing, !isTooLong else { return }
        if element.count < maximum {
            element.append(byte)
        } else {
            isTooLong = true
            element = []
        }
    }

    private mutating func open(_ byte: UInt8) {
        beginScalar()
        capture(byte)
        depth += 1
        guard !isCapturing else { return }
        if depth == 1 {
            isObject = byte == UInt8(ascii: "{")
            expectsKey = true
            elementsDepth = isObject ? nil : 1
        } else if depth == 2, isObject, !expectsKey, byte == UInt8(ascii: "["), key == Self.statuses {
            elementsDepth = 2
        }
    }

    private mutating func close(_ byte: UInt8, into pieces: inout [FeedPiece]) {
        if isCapturing, let elementsDepth {
            if depth > elementsDepth {
                capture(byte)
                depth -= 1
                if depth == elementsDepth { emit(into: &pieces) }
                return
            }
            emit(into: &pieces)
        }
        depth -= 1
        if let elementsDepth, depth < elementsDepth { self.elementsDepth = nil }
        if depth < 0 { isBroken = true }
    }

    private mutating func emit(into pieces: inout [FeedPiece]) {
        count += 1
        pieces.append(FeedPiece(number: count, bytes: element, isTooLong: isTooLong))
        element.removeAll(keepingCapacity: true)
        isCapturing = false
        isTooLong = false
    }
}
