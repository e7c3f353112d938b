import Runtime

@main
enum Main {
    static func main() async {
        await runProgram(MentionTrain.self)
    }
}
