import Feeds
import Foundation
import Gzip
import Runtime
import ThreadExecutors

/// A file, or standard input, that is read, decompressed and parsed on a thread of its own: reads block, standard
/// input for as long as its writer likes.
actor InputFile {
    private nonisolated let thread: DedicatedThread
    private let descriptor: Int32
    private let isStandardInput: Bool
    private let gzip = GzipReader()
    private var reader: FeedReader
    private var isAtEnd = false
    private var isFinished = false

    /// All code of the actor runs on its own thread.
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// The name for messages.
    nonisolated let name: String

    /// Opens a file; `-` is standard input.
    ///
    /// - Throws: `ProgramFailure` with exit code 64 when it can't be opened.
    init(_ path: String, _ options: FeedOptions) throws(ProgramFailure) {
        isStandardInput = path == "-"
        name = isStandardInput ? "standard input" : path
        let descriptor = isStandardInput ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ProgramFailure(
                .usage,
                "\(path) can't be opened (\(String(cString: strerror(errno)))): give a readable file"
            )
        }
        self.descriptor = descriptor
        reader = FeedReader(options)
        thread = DedicatedThread(name: "input")
    }

    deinit {
        if !isStandardInput { close(descriptor) }
        thread.stop()
    }

    /// Embedded originals among the mentions so far.
    var originals: Int { reader.originals }

    /// Reads on and replaces the content of the batch by what came; nil at the end.
    ///
    /// A batch may be empty: the caller looks whether it should stop, and asks again.
    /// - Throws: `ProgramFailure` naming the file: unreadable (70), damaged gzip (70) or a mapping that does not fit (64).
    func next(_ old: consuming FeedBatch) async throws -> FeedBatch? {
        var batch = old
        batch.removeAll()
        if isFinished { return nil }
        do {
            while let piece = try gzip.next() {
                try reader.read(piece, into: &batch)
                if !batch.mentions.isEmpty || !batch.rejections.isEmpty { return batch }
            }
            if isAtEnd {
                isFinished = true
                try reader.finish(into: &batch)
                return batch
            }
            guard try waitForInput() else { return batch }
            try readPiece()
            return batch
        } catch let error as FeedError {
            throw ProgramFailure(.usage, "\(name): \(error)")
        } catch let error as GzipError {
            throw ProgramFailure(.internalError, "\(name): \(error)")
        }
    }

    /// Waits a moment for bytes, so that a signal is heeded also while standard input is silent.
    private func waitForInput() throws -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&state, 1, 200)
        return ready != 0 && !(ready < 0 && errno == EINTR)
    }

    private func readPiece() throws {
        var count = 0
        let descriptor = descriptor
        let piece = [UInt8](unsafeUninitializedCapacity: 262_144) { buffer, filled in
            count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            filled = max(0, count)
        }
        if count < 0 {
            if errno == EINTR || errno == EAGAIN { return }
            throw ProgramFailure(.internalError, "\(name) can't be read (\(String(cString: strerror(errno))))")
        }
        if count == 0 {
            isAtEnd = true
            gzip.finish()
        } else {
            gzip.append(piece)
        }
    }
}

/// A file, or standard output, that bytes are written to on a thread of its own.
actor OutputFile {
    private nonisolated let thread: DedicatedThread
    private let descriptor: Int32
    private let isStandardOutput: Bool
    private nonisolated let name: String

    /// All code of the actor runs on its own thread.
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Creates or empties a file; `-` is standard output.
    ///
    /// - Throws: `ProgramFailure` with exit code 64 when it can't be.
    init(_ path: String) throws(ProgramFailure) {
        isStandardOutput = path == "-"
        name = isStandardOutput ? "standard output" : path
        let descriptor = isStandardOutput ? 1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ProgramFailure(
                .usage,
                "\(path) can't be written (\(String(cString: strerror(errno)))): give another path"
            )
        }
        self.descriptor = descriptor
        thread = DedicatedThread(name: "output")
    }

    deinit {
        if !isStandardOutput { close(descriptor) }
        thread.stop()
    }

    /// Writes all of it.
    ///
    /// - Returns: false when the reader of a pipe has gone.
    /// - Throws: `ProgramFailure` when the system refuses, for example because the disk is full.
    func write(_ bytes: [UInt8]) async throws -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count > 0 {
                written += count
            } else if errno == EPIPE {
                return false
            } else if errno == EAGAIN {
                var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&state, 1, -1)
            } else if errno != EINTR {
                throw ProgramFailure(.internalError, "\(name) can't be written (\(String(cString: strerror(errno))))")
            }
        }
        return true
    }
}
