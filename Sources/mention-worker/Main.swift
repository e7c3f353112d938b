import Runtime

@main
enum Main {
    static func main() async {
        boundHeap()
        await runProgram(MentionWorker.self)
    }
}
