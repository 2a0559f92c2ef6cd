import DenseNetData
import DenseNetTasks
import DenseNets
import Testing

@Suite struct RecipeTests {
  @Test(arguments: Recipe.all) func namedRecipesMakeSense(_ recipe: Recipe) throws {
    try recipe.validate()
    #expect(try Recipe(named: recipe.name) == recipe)
  }

  @Test func anotherOptimizerHasItsOwnNumbers() {
    var recipe = Recipe.fast
    recipe.use(.sgd)
    #expect(recipe == .fast)
    recipe.use(.adamw)
    #expect(recipe.lr == 1e-3 && recipe.momentum == 0.9 && recipe.weightDecay == 0.01 && !recipe.nesterov)
  }

  @Test func namesWhatMakesNoSense() {
    let changes: [(Failure.Setting, (inout Recipe) -> Void)] = [
      ("epochs", { $0.epochs = 0 }), ("batchSize", { $0.batchSize = -1 }), ("learningRate", { $0.lr = .nan }),
      ("momentum", { $0.momentum = 1 }), ("nesterov", { $0.nesterov = true }),
      ("weightDecay", { $0.weightDecay = -.infinity }), ("labelSmoothing", { $0.labelSmoothing = 1 }),
      ("clipNorm", { $0.clipNorm = 0 }), ("averageDecay", { $0.averageDecay = 1 }), ("patience", { $0.patience = 0 }),
    ]
    for (setting, change) in changes {
      var recipe = Recipe.d2l
      change(&recipe)
      let failure = #expect(throws: Failure.self) { try recipe.validate() }
      #expect(failure?.kind == .usage && failure?.settings == [setting])
    }
    #expect(throws: Failure.self) { try Recipe(named: "slow") }
  }
}

@Suite struct NormalizationTests {
  @Test(arguments: ["none", "imagenet", "dataset", "0.25:0.5", "0.1,0.2,0.3:0.4,0.5,1e-05"])
  func textIsReadAndWritten(_ text: String) throws {
    #expect(try Normalization(text).text == text)
  }

  @Test(arguments: ["", "imagnet", "1,2:1,1", "1:0", "1", "nan:1"])
  func otherTextIsRefused(_ text: String) {
    #expect(throws: Failure.self) { try Normalization(text) }
  }
}
