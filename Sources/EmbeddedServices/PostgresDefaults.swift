import Foundation

/// Settings for a demo or a benchmark on a small machine: durable, but without frequent checkpoints.
enum PostgresDefaults {
    static func settings(memory: UInt64) -> [String: String] {
        [
            // An eighth of the memory: the operating system and the workers need the rest.
            "shared_buffers": "\(min(512, max(32, memory >> 23)))MB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "checkpoint_completion_target": "0.9",
            "wal_compression": "lz4",
            "max_connections": "100",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
            // Statements would show data.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        ]
    }

    /// The machine's memory in bytes, or the control group's limit if that is less.
    static func memory() -> UInt64 {
        let physical = ProcessInfo.processInfo.physicalMemory
        guard let limit = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8),
            let bytes = UInt64(limit.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return physical }
        return min(physical, bytes)
    }

    /// A TCP port of the loopback that is free now. Somebody may take it before the server does, so the caller tries
    /// again with another.
    static func freePort() -> UInt16? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutableBytes(of: &address) { bytes -> UInt16? in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                bind(descriptor, pointer, size) == 0, getsockname(descriptor, pointer, &size) == 0
            else { return nil }
            return UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
