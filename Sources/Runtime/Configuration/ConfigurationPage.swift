internal import KafkaClient

extension ConfigurationCheck {
    /// Checks the settings of a program and prints what is in effect, with what is wrong, on standard output.
    ///
    /// - Parameters:
    ///   - more: What another layer finds, such as a model that can't be read.
    ///   - json: One object a line instead of a table.
    /// - Throws: `ProgramFailure` (78) when something is wrong.
    public static func run(
        _ settings: Settings,
        of program: SettingKey.Program,
        json: Bool = false,
        more: (Settings) throws -> Void = { _ in }
    ) async throws(ProgramFailure) {
        var check = ConfigurationCheck(settings, of: program)
        do {
            try more(settings)
        } catch let failure as any ProgramFailureConvertible {
            let text = failure.programFailure.message
            if !check.findings.contains(where: { $0.text == text }) {
                check.add(ConfigurationFinding(.wrong, program.rawValue, text))
            }
        } catch {
            check.add(ConfigurationFinding(.wrong, program.rawValue, "\(error)"))
        }
        // The client itself knows best which properties it has in this build, and reads certificates and keys.
        if check.isGood, let kafka = try? settings.kafka() {
            do throws(KafkaError) {
                try await KafkaInspector(kafka.configuration(clientID: program.rawValue)).close()
            } catch {
                check.add(ConfigurationFinding(.wrong, "kafka-property", error.programFailure.message))
            }
        }
        StandardStream.output.write(json ? check.jsonLines() : check.page())
        let count = check.findings.filter { $0.severity == .wrong }.count
        if count > 0 {
            throw ProgramFailure(
                .configuration,
                "\(count) \(count == 1 ? "setting is" : "settings are") wrong, see above"
            )
        }
    }

    /// A table of what is in effect, and a line for each finding.
    func page() -> String {
        let cells = rows.map { [$0.name, LogLine.escaped($0.value ?? "–"), LogLine.escaped($0.origin)] }
        let all = [["SETTING", "VALUE", "FROM"]] + cells
        let widths = (0..<2).map { column in all.map { min(60, $0[column].count) }.max() ?? 0 }
        var text = ""
        for row in all {
            for column in 0..<2 {
                text += row[column] + String(repeating: " ", count: max(0, widths[column] - row[column].count) + 2)
            }
            text += row[2] + "\n"
        }
        text += "\n"
        for finding in findings { text += "\(finding.severity.rawValue): \(LogLine.escaped(finding.text))\n" }
        return text + (findings.isEmpty ? "Nothing is wrong. No server was asked.\n" : "")
    }

    /// The same, one object a line.
    func jsonLines() -> String {
        let effective = rows.map { row in
            let value = row.value.map(Self.quoted) ?? "null"
            return #"{"setting":\#(Self.quoted(row.name)),"value":\#(value),"from":\#(Self.quoted(row.origin))}"#
        }
        let found = findings.map {
            #"{"finding":\#(Self.quoted($0.severity.rawValue)),"subject":\#(Self.quoted($0.subject)),"text":\#(Self.quoted($0.text))}"#
        }
        return (effective + found).map { $0 + "\n" }.joined()
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let hexadecimal = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
