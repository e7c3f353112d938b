/// The style sheet of ``HTMLPage``.
enum HTMLStyle {
    static let sheet = """

        :root { --ink: #1b2330; --quiet: #667085; --page: #f5f6f8; --card: #fff; --line: #e3e6eb; --good: #2f9e77;
          --plain: #c3cad5; --bad: #d1495b; --accent: #3d6fd1; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --quiet: #98a2b3; --page: #14181f; --card: #1d232c;
          --line: #303846; --good: #4cc38a; --plain: #556070; --bad: #f0707f; --accent: #7aa2f7; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 28px 20px 40px; max-width: 1040px; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1 { margin: 0; font-size: 30px; line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 0 0 12px; font-size: 15px; }
        .dates { margin: 4px 0 20px; color: var(--quiet); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin-bottom: 14px; }
        .tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
        .tile span { display: block; }
        .tile .name { color: var(--quiet); font-size: 13px; }
        .tile .value { font-size: 30px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .change { font-size: 13px; color: var(--quiet); min-height: 1.5em; }
        .change.up { color: var(--good); } .change.down { color: var(--bad); }
        section { margin-bottom: 14px; min-width: 0; break-inside: avoid; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 14px; align-items: stretch; }
        .short { border-left: 4px solid var(--accent); }
        .short ul { margin: 0; padding-left: 20px; font-size: 16px; } .short li { margin: 3px 0; overflow-wrap: anywhere; }
        svg { display: block; width: 100%; } .bar svg { height: 12px; min-width: 70px; }
        .chart { height: auto; } .chart text { fill: var(--quiet); font-size: 11.5px; text-anchor: middle; }
        .chart text.start { text-anchor: start; } .chart text.end { text-anchor: end; }
        rect.good { fill: var(--good); } rect.plain { fill: var(--plain); } rect.bad { fill: var(--bad); }
        rect.accent { fill: var(--accent); } .rule { stroke: var(--line); stroke-width: 1; } .mark { fill: var(--ink); }
        .legend { margin: 10px 0 0; color: var(--quiet); font-size: 13px; }
        .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin: 0 3px 0 10px; }
        .legend i:first-child { margin-left: 0; }
        i.good { background: var(--good); } i.plain { background: var(--plain); } i.bad { background: var(--bad); }
        table { width: 100%; border-collapse: collapse; font-size: 14px; }
        td, th { padding: 5px 0 5px 12px; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        tbody th { font-weight: 450; padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
        thead th { color: var(--quiet); font-weight: 450; font-size: 12.5px; } thead th:first-child { text-align: left; padding-left: 0; }
        td.bar { width: 38%; } tr.own th { font-weight: 700; color: var(--accent); }
        tbody tr + tr > * { border-top: 1px solid var(--line); }
        .quiet { color: var(--quiet); font-weight: 400; }
        .said { list-style: none; margin: 0; padding: 0; } .said li + li { margin-top: 14px; }
        blockquote { margin: 0; padding-left: 12px; border-left: 3px solid var(--plain); overflow-wrap: anywhere; }
        .good blockquote { border-color: var(--good); } .bad blockquote { border-color: var(--bad); }
        .wish blockquote { border-color: var(--accent); }
        .facts { margin: 4px 0 0; padding-left: 15px; color: var(--quiet); font-size: 13px; overflow-wrap: anywhere; }
        .waves { margin: 10px 0 0; padding-left: 20px; } a { color: var(--accent); }
        code { font-size: 12px; }
        footer { color: var(--quiet); font-size: 12.5px; margin-top: 24px; } footer p { margin: 6px 0; }
        @media print { body { background: #fff; max-width: none; padding: 0; font-size: 12px; } .pair { gap: 10px; }
          .tile, section { border-color: #ccc; } rect, i, path { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        @media (max-width: 480px) { .pair { grid-template-columns: 1fr; } td.bar { width: 22%; } }

        """
}
