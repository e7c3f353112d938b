import BrandMatching
import Pipeline

/// Prepares what has arrived, several chunks side by side.
struct Preparation {
    let context: WorkerContext
    private let preparers: [Preparer]

    init(_ context: WorkerContext) {
        self.context = context
        preparers = (0..<max(1, context.settings.width)).map { _ in
            Preparer(classifier: context.settings.classifier)
        }
    }

    /// Runs until the bell is closed.
    func run() async {
        context.health.rested(.preparation)
        while await context.lanes.preparation.wait() {
            defer { context.health.rested(.preparation) }
            while true {
                context.health.turned(.preparation)
                // A few rounds of work per preparer at a time keeps them busy without one slow chunk holding all.
                let jobs = await context.lanes.takeJobs(preparers.count * 4)
                if jobs.isEmpty { break }
                let begin = ContinuousClock.now
                await prepare(jobs)
                context.instruments.took(.prepare, since: begin)
            }
        }
    }

    private func prepare(_ jobs: [PreparationJob]) async {
        let matcher = context.matcher.current
        if jobs.count == 1, let job = jobs.first {
            await finish([job], [await draft(job, preparers[0], matcher)])
            return
        }
        await withTaskGroup(of: Void.self) { group in
            for (worker, preparer) in preparers.enumerated() {
                group.addTask {
                    let own = stride(from: worker, to: jobs.count, by: preparers.count).map { jobs[$0] }
                    var drafts: [ChunkDraft] = []
                    for job in own { drafts.append(await draft(job, preparer, matcher)) }
                    await finish(own, drafts)
                }
            }
        }
    }

    private func draft(_ job: PreparationJob, _ preparer: Preparer, _ matcher: BrandMatcher) async -> ChunkDraft {
        await preparer.draft(job.batch, from: job.start, matcher: matcher, keepsTexts: context.lookout != nil)
    }

    /// Looks for near copies, and hands the chunks on. Chunks of one partition may be looked at in another order than
    /// that of their offsets: of two near texts, the one that is looked at last finds the other.
    private func finish(_ jobs: [PreparationJob], _ finished: consuming [ChunkDraft]) async {
        var drafts = finished
        let begin = ContinuousClock.now
        let finds = await context.lookout?.look(drafts.map(\.texts)) ?? drafts.map { _ in [] }
        if context.lookout != nil { context.instruments.took(.copies, since: begin) }
        var results: [(Ticket, PreparedChunk)] = []
        for index in drafts.indices { results.append((jobs[index].ticket, drafts[index].finish(finds[index]))) }
        await context.lanes.prepared(results, at: .now)
    }
}
