import PostgresClient
import Synthesis
import Testing

@testable import Fuzzing

/// How inputs are made.
@Suite struct InputTests {
    /// The inputs of some numbers, asked for in some order.
    private func inputs<Target: FuzzTarget>(_ type: Target.Type, seed: UInt64, _ numbers: [Int]) throws -> [Int:
        [UInt8]]
    {
        var target = try type.init()
        let run = FuzzRun(seed: seed, numbers: 0..<1)
        var made: [Int: [UInt8]] = [:]
        for number in numbers { made[number] = run.input(number, of: &target).bytes }
        return made
    }

    @Test(arguments: FuzzCatalogue.all.indices) func anInputFollowsFromSeedTargetAndNumber(_ index: Int) throws {
        func check<Target: FuzzTarget>(_ type: Target.Type) throws {
            let numbers = Array(0..<300)
            let forwards = try inputs(type, seed: 5, numbers)
            #expect(try inputs(type, seed: 5, numbers.reversed()) == forwards)
            #expect(try inputs(type, seed: 5, [257])[257] == forwards[257])
            let other = try inputs(type, seed: 6, numbers)
            let same = numbers.filter { other[$0] == forwards[$0] }
            #expect(same.count < 60, "\(type.name) has \(same.count) inputs in common with another seed")
        }
        try check(FuzzCatalogue.all[index])
    }

    @Test func namesAreUnique() {
        let names = (FuzzCatalogue.all + FuzzCatalogue.planted).map { $0.name }
        #expect(Set(names).count == names.count)
        #expect(FuzzCatalogue.named("event") != nil)
        #expect(FuzzCatalogue.named("nothing") == nil)
    }

    /// Damage of every kind happens, also at the sizes where buffers end, and text mostly stays text.
    @Test func damageIsOfAllKinds() throws {
        var target = EventTarget()
        let run = FuzzRun(seed: 1, numbers: 0..<1)
        var sizes: Set<Int> = []
        var text = 0
        var damaged = 0
        for number in 0..<30_000 {
            let input = run.input(number, of: &target)
            sizes.insert(input.bytes.count)
            guard input.mutations > 0 else { continue }
            damaged += 1
            if String(validating: input.bytes, as: UTF8.self) != nil { text += 1 }
        }
        #expect(sizes.isSuperset(of: [65_535, 65_536, 65_537]))
        #expect(sizes.contains { $0 > 1_000_000 })
        #expect(damaged > 20_000 && damaged < 25_000)
        #expect(text > damaged * 6 / 10 && text < damaged)
    }
}

/// Faults that fuzzing has found in the client, and how it must take them.
@Suite struct HostileServerTests {
    private func connect(_ server: HostileServer) async throws -> PostgresConnection {
        try await .connect(
            PostgresTarget(url: "postgresql://u@127.0.0.1:\(server.port)/d?sslmode=disable"),
            applicationName: "test",
            timeout: .seconds(30)
        )
    }

    /// Callers take results by their place: fewer than there were statements are an error.
    @Test func tooFewAnswersAreAnError() async throws {
        let server = try #require(HostileServer())
        server.start()
        defer { server.stop() }
        var random = SeededRandom(seed: 1)
        let one = WireGrammar.prepared + WireGrammar.rows([1], &random)
        let phases = [WireGrammar.welcome(&random), one + WireGrammar.ready]
        server.play(HostileServer.Script(phases: phases, damaged: 2))
        let connection = try await connect(server)
        let statements = ["SELECT 1", "SELECT 2"].map { PostgresStatement($0, $0) }
        await #expect(throws: PostgresError.self) { try await connection.pipeline(statements, timeout: .seconds(30)) }
        await connection.close()
    }

    /// What a server says before it lets a client in is counted and not printed.
    @Test func earlyNoticesAreCounted() async throws {
        let server = try #require(HostileServer())
        server.start()
        defer { server.stop() }
        var random = SeededRandom(seed: 1)
        let notice = WireGrammar.message("N", Array("SNOTICE".utf8) + [0] + Array("C00000".utf8) + [0, 0])
        let welcome = WireGrammar.welcome(&random)
        // Behind "authenticated", which has 9 bytes; before, libpq takes none.
        let phases = [Array(welcome[..<9]) + notice + welcome[9...]]
        server.play(HostileServer.Script(phases: phases, damaged: 1, isSilent: true))
        let connection = try await connect(server)
        #expect(await connection.noticeCount >= 1)
        await connection.close()
    }

    /// An error is one line of a log, whatever a server sends.
    @Test(arguments: ["ERROR", "FATAL"]) func errorsAreShort(_ severity: String) async throws {
        let server = try #require(HostileServer())
        server.start()
        defer { server.stop() }
        var random = SeededRandom(seed: 1)
        func report(_ length: Int) -> [UInt8] {
            let fields = ["S\(severity)", "V\(severity)", "C42601", "M" + String(repeating: "m", count: length), ""]
            return WireGrammar.message("E", Array(fields.map { Array($0.utf8) + [0] }.joined()))
        }
        let answer = report(3_000_000)
        server.play(
            HostileServer.Script(phases: [WireGrammar.welcome(&random), answer + WireGrammar.ready], damaged: 2)
        )
        let connection = try await connect(server)
        let statement = PostgresStatement("test", "SELECT 1")
        await #expect {
            _ = try await connection.query(statement, timeout: .seconds(30))
        } throws: { error in
            "\(error)".contains("mmm") && "\(error)".count < 2000
        }
        await connection.close()
        // Libpq takes a longer one for no report at all.
        server.play(HostileServer.Script(phases: [report(20_000)], damaged: 1))
        await #expect {
            _ = try await connect(server)
        } throws: { error in
            "\(error)".contains("mmm") && "\(error)".count < 3000
        }
    }
}
