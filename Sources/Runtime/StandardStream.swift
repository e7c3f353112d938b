internal import Foundation

/// Standard output and standard error, unbuffered: what is written is there, also when the process is killed next.
public enum StandardStream: Int32, Sendable {
    /// For data.
    case output = 1
    /// For logs, progress and errors.
    case error = 2

    /// Writes all of a text, in one call where the system takes it in one.
    ///
    /// Ends early without an error when the reader has gone: who reads a program's output may stop at any time.
    /// - Returns: Whether all was written.
    @discardableResult
    public func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Foundation.write(rawValue, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if errno == EAGAIN {
                    // A pipe that another program has made non-blocking: wait for room.
                    var state = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&state, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
