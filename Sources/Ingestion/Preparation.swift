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
        while await context.lanes.preparation.wait() {
            while true {
                // A few rounds of work per preparer at a time keeps them busy without one slow chunk holding all.
                let jobs = await context.lanes.takeJobs(preparers.count * 4)
                if jobs.isEmpty { break }
                await prepare(jobs)
            }
        }
    }

    private func prepare(_ jobs: [PreparationJob]) async {
        let matcher = context.matcher.current
        if jobs.count == 1, let job = jobs.first {
            let chunk = await preparers[0].prepare(job.batch, from: job.start, matcher: matcher)
            await context.lanes.prepared([(job.ticket, chunk)], at: .now)
            return
        }
        await withTaskGroup(of: Void.self) { group in
            for (worker, preparer) in preparers.enumerated() {
                group.addTask {
                    var results: [(Ticket, PreparedChunk)] = []
                    for index in stride(from: worker, to: jobs.count, by: preparers.count) {
                        let job = jobs[index]
                        results.append(
                            (job.ticket, await preparer.prepare(job.batch, from: job.start, matcher: matcher))
                        )
                    }
                    await context.lanes.prepared(results, at: .now)
                }
            }
        }
    }
}
