public import CoreMetrics
internal import FarmMetrics
internal import Foundation
internal import Synchronization

/// What the kernel says of this process: memory, processor time, files. Only for systems with `/proc`; elsewhere it says
/// nothing.
public final class ProcessMetrics: Sendable {
    private let memory: Meter
    private let processorTime: FloatingPointCounter
    private let startTime: Meter
    private let openFiles: Meter
    private let openFilesLimit: Meter
    private let told = Mutex(0.0)

    /// Makes the metrics.
    public init(_ factory: any MetricsFactory) {
        memory = factory.meter(MetricCatalogue.residentBytes)
        processorTime = factory.floatingPointCounter(MetricCatalogue.cpuSeconds)
        startTime = factory.meter(MetricCatalogue.startTime)
        openFiles = factory.meter(MetricCatalogue.openFiles)
        openFilesLimit = factory.meter(MetricCatalogue.openFilesLimit)
        startTime.set(Date().timeIntervalSince1970)
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            openFilesLimit.set(Int64(clamping: limit.rlim_cur))
        }
    }

    /// Reads them again: some microseconds.
    public func refresh() {
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            let now = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
            told.withLock { told in
                processorTime.increment(by: now - told)
                told = max(told, now)
            }
        }
        if let pages = Self.residentPages(Self.contents("/proc/self/statm")) {
            memory.set(Int64(pages) * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            openFiles.set(Int64(files.count))
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func contents(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    /// The second number of `/proc/self/statm`.
    static func residentPages(_ statm: String) -> Int? {
        let fields = statm.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }
}
