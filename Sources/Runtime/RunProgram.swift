public import ArgumentParser
internal import Foundation

/// The whole life of a program: reads the command line, runs the command, and ends the process with the contract's
/// exit codes. What is said about a failure is one sentence on standard error, after the program's name.
///
/// - Parameter arguments: The command line without the program's name; nil for the process's own.
public func runProgram<Root: ParsableCommand>(_ root: Root.Type, arguments: [String]? = nil) async -> Never {
    _ = Shutdown.process
    var command: any ParsableCommand
    do {
        command = try root.parseAsRoot(arguments)
    } catch {
        end(root, parserError: error)
    }
    do {
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    } catch let error as any ProgramFailureConvertible {
        end(root, error.programFailure)
    } catch let error as ArgumentParser.ExitCode {
        exit(error.rawValue)
    } catch  where root.exitCode(for: error) != .failure {
        // The parser's own: help for a subcommand, or a command line that is found wrong late.
        end(root, parserError: error)
    } catch {
        end(root, ProgramFailure(.internalError, "internal error: \(error)"))
    }
    fflush(nil)
    exit(ExitStatus.success.rawValue)
}

private func end<Root: ParsableCommand>(_ root: Root.Type, _ failure: ProgramFailure) -> Never {
    fflush(nil)
    StandardStream.error.write("\(name(of: root)): \(LogLine.escaped(failure.message))\n")
    exit(failure.exitStatus.rawValue)
}

/// Help and version go to standard output and succeed; everything else is a usage error.
private func end<Root: ParsableCommand>(_ root: Root.Type, parserError error: any Error) -> Never {
    // The parser quotes what it doesn't understand.
    let message = CommandLineSecrets.masked(root.fullMessage(for: error), arguments: CommandLine.arguments)
    if root.exitCode(for: error).isSuccess {
        StandardStream.output.write(message + "\n")
        exit(ExitStatus.success.rawValue)
    }
    StandardStream.error.write(message + "\n")
    exit(ExitStatus.usage.rawValue)
}

private func name<Root: ParsableCommand>(of root: Root.Type) -> String {
    root.configuration.commandName ?? CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "?"
}
