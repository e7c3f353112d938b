import Runtime

/// The terminal's other screen, drawn over frame by frame. Only lines that changed are written, so nothing flickers.
///
/// Lines don't wrap while it is shown: a terminal that takes an emoji for wider than we do loses a line's end by it, and
/// not the order of the screen.
struct Screen {
    private let terminal: Terminal
    private var shown: [String] = []
    private var size: (columns: Int, rows: Int) = (0, 0)

    /// Turns to the other screen and hides the cursor.
    init(_ terminal: Terminal) {
        self.terminal = terminal
        Shutdown.process.atAbruptEnd(write: "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        terminal.stream.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    /// Shows a board.
    mutating func draw(_ board: Board) {
        let size = terminal.size
        let isNew = size != self.size
        self.size = size
        let lines = LiveView(columns: size.columns, rows: size.rows, hasColour: terminal.hasColour).lines(board)
        // Terminals that know the marks of a frame (mode 2026) show it at once; others ignore them.
        var frame = "\u{1B}[?2026h" + (isNew ? "\u{1B}[0m\u{1B}[2J" : "")
        for (row, line) in lines.enumerated() where isNew || row >= shown.count || shown[row] != line {
            frame += "\u{1B}[\(row + 1);1H\(line)\u{1B}[K"
        }
        // The cursor waits in the last line, which the echo of a Ctrl-C may overwrite.
        terminal.stream.write(frame + "\u{1B}[\(lines.count);1H\u{1B}[?2026l")
        shown = lines
    }

    /// Goes back to the screen as it was.
    func leave() {
        terminal.stream.write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        Shutdown.process.atAbruptEnd(write: nil)
    }
}
