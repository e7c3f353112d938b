#!/usr/bin/env python3
"""Measures the shipped model and VADER on the same labelled files and writes docs/accuracy.md.

Run it through compare.sh, which makes the virtual environment with VADER in it. No text of the data is printed.
"""
import argparse
import json
import pathlib
import subprocess
import time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# Published figures on the usual test splits, in per cent; the sets' own README says where they are from.
PUBLISHED = {
    "sentiment": ("macro recall", "SVM 62.9 · FastText 62.9 · winner of SemEval-2017 68.1 · RoBERTa 71.3 · BERTweet 73.4"),
    "emotion": ("macro F1", "FastText 65.2 · BERTweet 79.3"),
    "irony": ("F1 of ironic", "FastText 63.1 · BERTweet 82.1"),
    "offensive": ("macro F1", "FastText 73.4 · BERTweet 79.5"),
    "complaint": ("macro F1", "79.0 (10-fold, Preoţiuc-Pietro et al. 2019)"),
    "speech_act": ("F1 of question / request", "-"),
    "suggestion": ("F1 of suggestion", "78.1 (winner of SemEval-2019 task 9, trained on its set)"),
    "spam": ("accuracy / MCC", "97.6 / .893 (SMS)"),
}


def rows(path, labels):
    for line in path.read_bytes().split(b"\n"):
        label, _, text = line.partition(b"\t")
        if label.decode(errors="replace") in labels:
            yield label.decode(), text.decode(errors="replace")


def vader(path):
    """Macro recall, macro F1, accuracy and texts a second, by VADER's own thresholds of 0.05."""
    labels = ["negative", "neutral", "positive"]
    analyzer = SentimentIntensityAnalyzer()
    table = {a: {b: 0 for b in labels} for a in labels}
    texts = list(rows(path, labels))
    start = time.process_time()
    for truth, text in texts:
        score = analyzer.polarity_scores(text)["compound"]
        said = "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"
        table[truth][said] += 1
    spent = time.process_time() - start
    recall = {a: table[a][a] / max(1, sum(table[a].values())) for a in labels}
    said = {a: sum(table[b][a] for b in labels) for a in labels}
    f1 = {a: 2 * table[a][a] / max(1, said[a] + sum(table[a].values())) for a in labels}
    return {
        "macro_recall": sum(recall.values()) / 3,
        "macro_f1": sum(f1.values()) / 3,
        "accuracy": sum(table[a][a] for a in labels) / max(1, len(texts)),
        "speed": round(len(texts) / spent),
    }


def ours(program, model, head, path):
    command = [program, "evaluate", "--head", head] + (["--model", model] if model else []) + [str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def per_cent(value):
    return f"{100 * value:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the mention-train to run")
    parser.add_argument("--model", help="a model file; default: the shipped one")
    parser.add_argument("--data", required=True, help="the folder of data")
    parser.add_argument("--out", required=True, help="the page to write")
    options = parser.parse_args()
    data = pathlib.Path(options.data) / "labelled"
    info = subprocess.run(
        [options.program, "info"] + (["--model", options.model] if options.model else []),
        check=True, capture_output=True, text=True,
    ).stdout.split("\n")
    version, card = info[0], json.loads(info[1])
    lines = [
        "# How accurate it is",
        "",
        f"Model `{version}`. This page is written by `benchmarks/accuracy/compare.sh`; don't edit it.",
        "",
        "## Texts that the model has not seen",
        "",
        "By dev set (the model measured was trained on the training set alone) or by cross-validation. The shipped",
        "model has then learned from the dev sets as well.",
        "",
        "| head | measured on | texts | accuracy | macro F1 | macro recall | calibration error | F1 by label |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for score in card["scores"]:
        f1 = " · ".join(f"{name} {per_cent(value)}" for name, value in score["f1"].items())
        lines.append(
            f"| {score['head']} | {score['measured_on']} | {score['n']} | {per_cent(score['accuracy'])} | "
            f"{per_cent(score['macro_f1'])} | {per_cent(score['macro_recall'])} | {score['ece']:.3f} | {f1} |"
        )
    lines += [
        "",
        "Published figures on the usual test splits, for orientation (other texts than the table above):",
        "",
        "| head | metric | published |",
        "|---|---|---|",
    ]
    lines += [f"| {head} | {metric} | {figures} |" for head, (metric, figures) in PUBLISHED.items()]
    lines += [
        "",
        "## Beside VADER, on the same files",
        "",
        "VADER 57.0 macro recall is the published comparison on the SemEval-2017 test split. Files that are marked",
        "evaluate-only have taught the model nothing: airlines are out of its domain, and so are suggestions.",
        "",
        "| file | | accuracy | macro F1 | macro recall | texts a second and core |",
        "|---|---|---|---|---|---|",
    ]
    for name in ["sentiment/dev.tsv", "sentiment/airline_evaluate_only.tsv"]:
        path = data / name
        if not path.exists():
            continue
        mine = ours(options.program, options.model, "sentiment", path)
        note = " (the shipped model has learned from it)" if "dev" in name else ""
        theirs = vader(path)
        lines.append(
            f"| {name}{note} | ours | {per_cent(mine['accuracy'])} | {per_cent(mine['macro_f1'])} | "
            f"{per_cent(mine['macro_recall'])} | {mine['texts_per_second_per_core']:,} |"
        )
        lines.append(
            f"| | VADER | {per_cent(theirs['accuracy'])} | {per_cent(theirs['macro_f1'])} | "
            f"{per_cent(theirs['macro_recall'])} | {theirs['speed']:,} (Python) |"
        )
    path = data / "suggestion/dev_evaluate_only.tsv"
    if path.exists():
        mine = ours(options.program, options.model, "suggestion", path)
        lines += [
            "",
            f"Suggestions in a developers' forum (evaluate-only, half are suggestions): F1 "
            f"{per_cent(mine['per_class']['suggestion']['f1'])}, precision "
            f"{per_cent(mine['per_class']['suggestion']['precision'])}, recall "
            f"{per_cent(mine['per_class']['suggestion']['recall'])}.",
        ]
    lines += ["", "Shared texts stay with their owners: see the model card for the data and their terms.", ""]
    pathlib.Path(options.out).write_text("\n".join(lines), encoding="utf-8")


main()
