import Foundation
import Pipeline
import Runtime

/// `mention-worker` (its source is linked here) with the mutation that FARM_MUTATION names: for tests that prove that
/// a farm's checks can fail. It is no product of the package.
@main
enum Main {
    static func main() async {
        let name = ProcessInfo.processInfo.environment["FARM_MUTATION"] ?? ""
        guard let mutation = Mutation(rawValue: name) else {
            let names = Mutation.allCases.map(\.rawValue).joined(separator: ", ")
            FileHandle.standardError.write(Data("mutant-worker: set FARM_MUTATION to one of \(names)\n".utf8))
            exit(64)
        }
        await Mutation.$current.withValue(mutation) { () async -> Void in
            await runProgram(MentionWorker.self)
        }
    }
}
