public import Persistence
public import Runtime

extension SchemaError: ProgramFailureConvertible {
    /// A schema that does not fit is one of configuration; the description says what to run.
    public var programFailure: ProgramFailure { ProgramFailure(.configuration, description) }
}

extension BrandImportError: ProgramFailureConvertible {
    /// A file that can't be used, as given on the command line.
    public var programFailure: ProgramFailure { ProgramFailure(.usage, description) }
}

extension Reclassify.Busy: ProgramFailureConvertible {
    /// It will do once the other has ended.
    public var programFailure: ProgramFailure { ProgramFailure(.unavailable, description) }
}

extension Reclassify.UnknownBrand: ProgramFailureConvertible {
    /// As given on the command line.
    public var programFailure: ProgramFailure { ProgramFailure(.usage, description) }
}

extension Reconcile.Stalled: ProgramFailureConvertible {
    /// It will do once the other goes on.
    public var programFailure: ProgramFailure { ProgramFailure(.unavailable, description) }
}
