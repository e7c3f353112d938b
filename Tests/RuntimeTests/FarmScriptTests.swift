import Foundation
import Subprocess
import Testing

/// `deploy/farm.sh` with a worker that is none: it says that it has partitions, waits, and ends when asked to.
@Suite(.serialized, .timeLimit(.minutes(1))) struct FarmScriptTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/farm.sh").path

    /// A folder with the programs, and one for the script's state.
    private struct Stage {
        let folder: URL
        var state: String { folder.appending(path: "state").path }

        /// `worker` runs after the line that says it is ready.
        init(worker: String = "read -rt 1000 <> <(:)") throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "mention-farm-test-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try program(
                "mention-worker",
                """
                [ "${1:-}" = config ] && { [ -z "${BAD:-}" ] || { echo "wrong: it is bad"; exit 78; }; exit 0; }
                trap 'echo drained >>"$0.drained"; exit 0' TERM
                echo "$MENTIONS_TOPIC ${MENTIONS_INSTANCE_ID:-}" >>"$0.started"
                echo "info partitions assigned"
                \(worker)
                """
            )
            try program("mention-admin", #"echo '{"owner":"host/1@2","partition":0}'"#)
        }

        private func program(_ name: String, _ body: String) throws {
            let file = folder.appending(path: name)
            try Data("#!/bin/bash\n\(body)\n".utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }

        /// Runs the script; its exit code, and what it wrote.
        func farm(_ arguments: String..., environment: [String: String] = [:]) async throws -> (Int32?, String) {
            var variables: [Environment.Key: String] = [:]
            let all = ["PATH": "/usr/bin:/bin", "MENTION_FARM_BIN": folder.path, "FARM_STATE": state]
            for (name, value) in all.merging(environment, uniquingKeysWith: { $1 }) {
                if let key = Environment.Key(rawValue: name) { variables[key] = value }
            }
            let result = try await Subprocess.run(
                .path("/bin/bash"),
                arguments: .init([FarmScriptTests.script] + arguments),
                environment: .custom(variables),
                output: .string(limit: 1 << 16),
                error: .string(limit: 1 << 16)
            )
            let text = result.standardOutput + result.standardError
            guard case .exited(let code) = result.terminationStatus else { return (nil, text) }
            return (code, text)
        }

        /// Process ids by worker.
        func processes() -> [Int: pid_t] {
            var found: [Int: pid_t] = [:]
            for number in 1...9 {
                let file = try? String(contentsOfFile: "\(state)/worker-\(number).pid", encoding: .utf8)
                found[number] = file?.split(separator: " ").first.flatMap { pid_t($0) }
            }
            return found
        }

        func lines(_ ending: String) -> [String] {
            let path = folder.appending(path: "mention-worker.\(ending)").path
            return (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
        }
    }

    private func run(_ stage: Stage, _ body: (Stage) async throws -> Void) async throws {
        do {
            try await body(stage)
        } catch {
            Issue.record(error)
        }
        for process in stage.processes().values where process != getpid() { kill(process, SIGKILL) }
        try FileManager.default.removeItem(at: stage.folder)
    }

    @Test func itGoesUpAndDown() async throws {
        try await run(try Stage()) { stage in
            let env = stage.folder.appending(path: "farm.env")
            try Data("# settings\n\nMENTIONS_TOPIC=from the file\n".utf8).write(to: env)
            #expect(try await stage.farm("up", "2", environment: ["FARM_ENV": env.path]).0 == 0)
            let two = stage.processes()
            #expect(two.keys.sorted() == [1, 2] && two.values.allSatisfy { kill($0, 0) == 0 })
            #expect(stage.lines("started") == ["from the file ", "from the file "])

            // Those that run are left alone.
            #expect(
                try await stage.farm("scale", "4", environment: ["MENTIONS_TOPIC": "t", "FARM_STATIC": "1"]).0 == 0
            )
            let four = stage.processes()
            #expect(four.count == 4 && four[1] == two[1] && four[2] == two[2])
            #expect(
                stage.lines("started").dropFirst(2).allSatisfy {
                    $0.hasPrefix("t ") && $0.hasSuffix("-3") || $0.hasSuffix("-4")
                }
            )

            #expect(try await stage.farm("scale", "1").0 == 0)
            #expect(stage.processes() == [1: two[1]].compactMapValues { $0 })
            #expect(stage.lines("drained").count == 3)

            let (code, text) = try await stage.farm("restart")
            #expect(code == 0, "\(text)")
            #expect(stage.processes().count == 1 && stage.processes()[1] != two[1])
            #expect(try await stage.farm("down").0 == 0)
            #expect(stage.processes().isEmpty)
            #expect(try await stage.farm("down").0 == 0)
        }
    }

    @Test func theDeadAreNoticedAndStrangersSpared() async throws {
        try await run(try Stage()) { stage in
            #expect(try await stage.farm("up", "2").0 == 0)
            let before = stage.processes()
            if let victim = before[2] { kill(victim, SIGKILL) }
            let (code, text) = try await stage.farm("status")
            #expect(code == 70 && text.contains("worker 2  dead"))
            #expect(try await stage.farm("up").0 == 0)
            let after = stage.processes()
            #expect(after[1] == before[1] && after[2] != before[2] && after.count == 2)

            // A process id that another process has now: this test's. It began at another time.
            try Data("\(getpid()) 1 0\n".utf8).write(to: URL(filePath: "\(stage.state)/worker-3.pid"))
            try Data("rubbish".utf8).write(to: URL(filePath: "\(stage.state)/worker-4.pid"))
            #expect(try await stage.farm("down").0 == 0)
            #expect(stage.processes().isEmpty)
        }
    }

    @Test func failuresHaveTheirCodes() async throws {
        try await run(try Stage(worker: "echo 'it hurts'; exit 78")) { stage in
            let (code, text) = try await stage.farm("up", "1")
            // Ready for an instant, or dead already: either is possible, and the second is told with its log.
            #expect(code == 0 || (code == 70 && text.contains("it hurts")), "\(text)")
            #expect(try await stage.farm("status").0 == 70)
            #expect(try await stage.farm("up", environment: ["BAD": "1"]).0 == 78)
            #expect(try await stage.farm("scale").0 == 64)
            #expect(try await stage.farm("up", "x").0 == 64)
            #expect(try await stage.farm("status", environment: ["FARM_ENV": "/nowhere"]).0 == 78)
        }
    }
}
