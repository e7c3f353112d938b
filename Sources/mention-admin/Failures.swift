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
