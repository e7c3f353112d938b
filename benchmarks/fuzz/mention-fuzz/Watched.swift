import ArgumentParser
import Foundation
import Fuzzing

/// A working process and what becomes of it.
struct Watched {
    enum Outcome {
        case ended(WorkReport)
        /// The process died while it read this input.
        case died(Int, how: String)
        /// This input took too long; the process was ended.
        case hung(Int)
    }

    let target: String
    let seed: UInt64
    let inputs: Int
    let hangSeconds: Double

    /// Runs the process to its end, and shows on a terminal how far it is.
    func run() throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mention-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let status = folder.appendingPathComponent("status").path
        guard let page = StatusPage(status) else { throw ValidationError("\(status) can't be mapped") }

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["work", target, "--seed", "\(seed)", "--inputs", "\(inputs)", "--status", status]
        let settings = [
            // Large blocks go back to the system when they are freed, so that what stays is what is held.
            "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144",
            // A backtrace is made by one more process, which keeps the pipes open; a replay shows it.
            "SWIFT_BACKTRACE": "enable=no",
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(settings) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        // Never written to: it closes when this process ends, and so the other ends too.
        let life = Pipe()
        process.standardInput = life
        try process.run()

        var seen = (number: page.number, at: ContinuousClock.now, processor: 0.0)
        var descriptor = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        // The pipe speaks at the end: a report, or nothing.
        while poll(&descriptor, 1, 200) == 0 {
            let number = page.number
            if number != seen.number {
                seen = (number, .now, Self.processorSeconds(process.processIdentifier))
            } else if isHanging(process.processIdentifier, since: seen.at, seen.processor) {
                process.terminate()
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                clearProgress()
                return .hung(number)
            }
            showProgress(number)
        }
        let report = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        withExtendedLifetime(life) {}
        clearProgress()
        if process.terminationReason == .exit, process.terminationStatus == 0 {
            return .ended(try JSONDecoder().decode(WorkReport.self, from: report))
        }
        let isSignal = process.terminationReason == .uncaughtSignal
        return .died(page.number, how: (isSignal ? "signal " : "exit ") + "\(process.terminationStatus)")
    }

    /// Whether an input takes too long: by the time that its process has had, so that a busy machine makes no hangs; one
    /// that waits for something gets none, and is held to six times as long.
    private func isHanging(_ process: pid_t, since: ContinuousClock.Instant, _ processor: Double) -> Bool {
        guard .now - since > .seconds(hangSeconds) else { return false }
        return Self.processorSeconds(process) - processor > hangSeconds || .now - since > .seconds(hangSeconds * 6)
    }

    /// User and system time of a process so far; 0 where the system does not say.
    private static func processorSeconds(_ process: pid_t) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return 0 }
        // Behind the name, which may hold anything, come the state and the rest of the fields.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func showProgress(_ number: Int) {
        guard isatty(2) == 1, inputs > 0 else { return }
        let share = max(0, number) * 100 / inputs
        FileHandle.standardError.write(Data("\r\u{1b}[K\(target): \(max(0, number)) of \(inputs) (\(share) %)".utf8))
    }

    private func clearProgress() {
        if isatty(2) == 1 { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
