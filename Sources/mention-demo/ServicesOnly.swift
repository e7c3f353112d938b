import EmbeddedServices
import Foundation
import Runtime

/// `--services-only`: broker and database, until a signal or, where asked, until standard input closes.
struct ServicesOnly {
    var farm: EmbeddedFarm
    /// Whether the end of standard input ends the services: so they end with the program that started them.
    var exitsWithInput: Bool
    /// A folder to remove at the end, for a parent that may be killed before it can.
    var scratch: String?

    func run() async throws {
        defer { if let scratch { ScratchFolder.remove(scratch) } }
        let end = OneShotEvent()
        if exitsWithInput { StandardInput.onEnd { end.fire() } }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await Shutdown.process.wait()
                    end.fire()
                }
                group.addTask {
                    // Also when the services don't start.
                    defer { end.fire() }
                    try await farm.run { addresses in
                        StandardStream.output.write(try addresses.jsonLine() + "\n")
                        await end.wait()
                    }
                }
                await end.wait()
                // Services that are only starting are given up; those that run stop in order.
                group.cancelAll()
                try await group.waitForAll()
            }
        } catch is CancellationError {
            return
        } catch let error as PortForwarder.Failure {
            throw error.asProgramFailure
        } catch let error as EmbeddedPostgresError {
            throw error.asProgramFailure
        }
    }
}

/// The process's standard input, of which only the end matters.
enum StandardInput {
    /// Calls `body` when standard input is closed. The thread reads until then, or until the process ends.
    static func onEnd(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 256)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            body()
        }
        thread.name = "stdin"
        thread.stackSize = 1 << 17
        thread.start()
    }
}

extension PortForwarder.Failure {
    var asProgramFailure: ProgramFailure {
        switch self {
        case .portInUse(let port):
            ProgramFailure(.configuration, "port \(port) is in use: choose another --kafka-port, or leave it out")
        case .refused(let code):
            ProgramFailure(
                .configuration,
                "the system refuses the broker's port (\(String(cString: strerror(code)))): choose another --kafka-port"
            )
        }
    }
}

extension EmbeddedPostgresError {
    var asProgramFailure: ProgramFailure {
        switch code {
        case .programMissing, .badDataDirectory: ProgramFailure(.configuration, description)
        case .initFailed, .startFailed: ProgramFailure(.unavailable, description)
        }
    }
}
