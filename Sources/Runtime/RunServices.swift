public import Logging
public import ServiceLifecycle

/// Runs services until one of them ends or fails, or a signal asks for a drain; then shuts them down gracefully in
/// reverse order, so that what feeds stops after what it feeds was told.
///
/// A second signal ends the process at once (see ``Shutdown``).
///
/// - Parameters:
///   - services: Started in this order, drained in the reverse.
///   - drain: How long the graceful shutdown may take before the services' tasks are cancelled.
/// - Throws: The error of the service that failed first.
public func runServices(
    _ services: [any Service],
    drainWithin drain: Duration = .seconds(10),
    logger: Logger
) async throws {
    var configuration = ServiceGroupConfiguration(
        services: services.map { service in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: service,
                successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup
            )
        },
        logger: logger
    )
    configuration.maximumGracefulShutdownDuration = drain
    // The group's own signal handling serves one signal only: the second must end the process, so it gets none.
    let group = ServiceGroup(configuration: configuration)
    let shutdown = Shutdown.process
    try await withThrowingTaskGroup(of: Bool.self) { tasks in
        tasks.addTask {
            try await group.run()
            return true
        }
        tasks.addTask {
            await shutdown.wait()
            if !Task.isCancelled { await group.triggerGracefulShutdown() }
            return false
        }
        while let isGroup = try await tasks.next() {
            if isGroup { tasks.cancelAll() }
        }
    }
}
