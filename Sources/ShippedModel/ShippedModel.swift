internal import CShippedModel
public import Classification

/// The model that comes with the programs. It is part of the binary, so that a program that is copied alone has it.
public enum ShippedModel {
    /// The bytes of the model file. Copies them.
    public static func bytes() -> [UInt8] {
        Array(UnsafeBufferPointer(start: mention_farm_model(), count: mention_farm_model_size()))
    }

    /// Reads the model; some milliseconds.
    ///
    /// - Throws: What is wrong with it, which only a build that went wrong can bring about.
    public static func load() throws(ModelError) -> Model { try ModelFormat.decode(bytes()) }
}
