import Foundation
import FoundationNetworking
import Testing

extension WholeFarm {
    /// What a worker shows over HTTP.
    @Suite struct Metrics {
        private struct Page: Sendable {
            var status: Int
            var type: String
            var text: String
            /// The sum over the samples that begin so.
            func sum(_ beginning: String) -> Double? {
                let lines = text.split(separator: "\n").filter { $0.hasPrefix(beginning) }
                return lines.isEmpty
                    ? nil : lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
            }
        }

        private func get(_ address: String, _ path: String) async throws -> Page {
            let url = try #require(URL(string: "\(address)/\(path)"))
            let (data, response) = try await URLSession.shared.data(from: url)
            let http = try #require(response as? HTTPURLResponse)
            return Page(
                status: http.statusCode,
                type: http.value(forHTTPHeaderField: "Content-Type") ?? "",
                text: String(decoding: data, as: UTF8.self)
            )
        }

        private func address(of worker: Child) async throws -> String {
            let line = try await worker.line(with: "metrics at http://")
            return try #require(line.split(separator: " ").last).replacingOccurrences(of: "/metrics", with: "")
        }

        @Test(.ownServer) func aWorkerShowsWhatItDoes() async throws {
            try await Farm.run { farm in
                let stream = try TestStream(seed: 71, count: 1_000)
                // Nobody publishes it.
                try await farm.database.run(
                    "INSERT INTO outbox (key, payload, added_at) VALUES ('a:1', '{}', now() - interval '1 hour')"
                )
                let worker = farm.worker("--metrics-address", "127.0.0.1:0")
                let address = try await address(of: worker)
                try await wait(for: "a ready worker") { try await get(address, "readyz").status == 200 }
                try await farm.publish(stream.records)
                try await farm.records(reach: 1_000)
                // The answer to the commit comes after the commit.
                try await wait(for: "the counters") {
                    try await get(address, "metrics").sum("mention_farm_records_total{") == 1_000
                }

                let page = try await get(address, "metrics")
                #expect(page.status == 200)
                #expect(page.type == "text/plain; version=0.0.4; charset=utf-8")
                #expect(page.sum("mention_farm_dead_letters_total{") == Double(stream.deadLetters))
                #expect(page.sum("mention_farm_lag_records{") == 0)
                #expect(page.sum("mention_farm_next_offset{") == 1_000)
                #expect(page.sum("mention_farm_partitions_held{") == Double(Farm.partitions))
                #expect(page.sum("mention_farm_batch_records_sum") == 1_000)
                #expect(page.sum("mention_farm_labels_total{head=\"sentiment\"") == Double(1_000 - stream.deadLetters))
                #expect(try #require(page.sum("mention_farm_stage_seconds_count{stage=\"write\"}")) > 0)
                #expect(try #require(page.sum("process_resident_memory_bytes")) > 1e6)
                #expect(page.sum("mention_farm_database_up") == 1)
                #expect(page.sum("mention_farm_outbox_actions ") == 1)
                #expect(try #require(page.sum("mention_farm_outbox_oldest_seconds ")) >= 3_600)
                let health = try await get(address, "healthz")
                #expect(health.status == 200 && health.text.hasPrefix("alive\n"), "\(health.text)")
                #expect(try await get(address, "secrets").status == 404)

                // An address that is taken is an error only where it was asked for.
                let taken = farm.worker("--metrics-address", address.replacingOccurrences(of: "http://", with: ""))
                try await taken.expectEnd(.exited(78))
                #expect(taken.log.contains("METRICS_ADDRESS"), "\(taken.log)")
                #expect(taken.log.contains("port 0 for any that is free"), "\(taken.log)")

                // A database that is away is no reason to restart a worker, and one to send nobody there.
                let server = try #require(farm.services.server)
                await server.halt()
                try await wait(for: "a worker that is not ready") { try await get(address, "readyz").status == 503 }
                #expect(try await get(address, "readyz").text.contains("PostgreSQL is away"))
                #expect(try await get(address, "healthz").status == 200)
                let away = try await get(address, "metrics")
                #expect(away.sum("mention_farm_database_up") == 0)
                #expect(away.sum("mention_farm_ready") == 0)
                #expect(try #require(away.sum("mention_farm_database_errors_total{")) > 0)
                try await server.resume()
                try await wait(for: "a worker that is ready again") { try await get(address, "readyz").status == 200 }

                try worker.signal(SIGTERM)
                try await worker.expectEnd(.exited(0))
            }
        }
    }
}
