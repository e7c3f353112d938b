import Foundation
import Testing

@testable import mention_nemesis

@Suite struct FaultPlanTests {
    private static func plan(_ seed: UInt64, faults: Int = 500, seconds: Double = 1_800) -> FaultPlan {
        FaultPlan(FaultPlan.Request(seed: seed, faults: faults, seconds: seconds))
    }

    @Test func theSameSeedGivesTheSamePlan() {
        #expect(Self.plan(7) == Self.plan(7))
        #expect(Self.plan(7).faults != Self.plan(8).faults)
    }

    /// What is kept in a history is what is done again.
    @Test func aPlanSurvivesItsHistory() throws {
        let plan = Self.plan(7)
        let copy = try JSONDecoder().decode(FaultPlan.self, from: JSONEncoder().encode(plan))
        #expect(copy == plan)
    }

    @Test(arguments: [1, 2, 7, 1_000_003] as [UInt64])
    func fiveHundredFaultsMeetTheirQuotas(seed: UInt64) {
        let plan = Self.plan(seed)
        #expect(plan.faults.count == 500)
        let kinds = Dictionary(grouping: plan.faults, by: \.fault.kind)
        for kind in FaultKind.mixed { #expect(kinds[kind, default: []].count >= 20, "\(kind)") }
        #expect(kinds[.commitAnswerLost, default: []].count >= 30)
        let stops = kinds[.stop, default: []] + kinds[.stopInBatch, default: []]
        #expect(stops.count { $0.fault.length > plan.request.session } >= 40)
        #expect(kinds[.slowBatch, default: []].allSatisfy { $0.fault.length > plan.request.pollInterval })
    }

    /// It is in a run that asks for it alone.
    @Test func aFaultThatAimsIsAskedForByName() {
        #expect(Self.plan(7).faults.allSatisfy { $0.fault.kind != .staleOwner })
        var request = FaultPlan.Request(seed: 7, faults: 20, seconds: 400)
        request.kinds = [.staleOwner]
        let plan = FaultPlan(request)
        #expect(plan.faults.count == 20)
        for planned in plan.faults {
            guard case .staleOwner(let worker, let patience) = planned.fault else { continue }
            #expect((0..<plan.request.workers).contains(worker))
            // Nobody claims before the session is over.
            #expect(patience > plan.request.session)
        }
    }

    @Test func faultsAreNumberedInOrderAndEndInTime() {
        let plan = Self.plan(3)
        #expect(plan.faults.map(\.number) == Array(1...500))
        for (fault, next) in zip(plan.faults, plan.faults.dropFirst()) { #expect(fault.at <= next.at) }
        #expect(plan.faults.allSatisfy { $0.at >= 0 && $0.at + $0.fault.length <= 1_800 })
    }

    @Test func someFaultsAreLeftAlone() {
        let plan = Self.plan(5)
        let lonely = plan.faults.filter(\.isAlone)
        #expect(lonely.count >= 5)
        for alone in lonely {
            let others = plan.faults.filter { $0.number != alone.number && (0..<20).contains($0.at - alone.at) }
            #expect(others.isEmpty, "\(alone.number) is not alone: \(others.map(\.number))")
        }
    }

    @Test func chosenKindsAreTheOnlyOnes() {
        var request = FaultPlan.Request(seed: 1, faults: 10, seconds: 60)
        request.kinds = [.kill, .poison]
        let plan = FaultPlan(request)
        #expect(Set(plan.faults.map(\.fault.kind)) == [.kill, .poison])
        #expect(plan.faults.count >= 10)
    }

    @Test func aShortPlanHasEveryKind() {
        let plan = Self.plan(1, faults: FaultKind.allCases.count, seconds: 60)
        #expect(Set(plan.faults.map(\.fault.kind)) == Set(FaultKind.mixed))
        #expect(plan.faults.count <= 2 * FaultKind.allCases.count)
    }

    /// A partition pauses itself when most of its records are dead letters: the bursts must not do that.
    @Test func poisonGoesRound() {
        var last: [Int: Double] = [:]
        for planned in Self.plan(9).faults {
            guard case .poison(let partition, let records) = planned.fault else { continue }
            #expect(records.count <= FaultPlan.burst)
            #expect(records.count { $0 == .oversized } == 1)
            #expect((0..<64).contains(partition))
            #expect(last[partition] == nil)
            last[partition] = planned.at
        }
        #expect(last.count >= 20)
    }
}
