// The generated JSON schema and the resolver give the same verdict on every scenario of the corpus
// (DESIGN 7). The first line of a file says what that is: "# ok", "# bad", or "# bad, resolver
// only: why" for the rules that a schema cannot say.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

class SchemaJudge {
 public:
  SchemaJudge() : document_(Json::parse(scenario_schema(builtin_models()))) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(Adapter(document_), schema_);
  }
  /// Empty if the schema accepts the scenario, else what it dislikes first.
  std::string refusal(const Document& scenario) {
    const Json json = Json::parse(document_json(scenario.root));
    valijson::Validator validator;  // strong types: 5 is no text and "5" is no number
    valijson::ValidationResults results;
    if (validator.validate(schema_, Adapter(json), &results)) return "";
    valijson::ValidationResults::Error error;
    std::string out = "refused";
    while (results.popError(error)) {
      out += " | ";
      for (const std::string& part : error.context) out += part;
      out += ": " + error.description;
    }
    return out;
  }

 private:
  Json document_;
  valijson::Schema schema_;
};

std::string resolver_refusal(const Document& scenario) {
  try {
    resolve(scenario, builtin_models());
  } catch (const ScenarioErrors& errors) {
    return errors.what();
  }
  return "";
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ScenarioCorpus, schema_and_resolver_agree) {
  SchemaJudge schema;
  int good = 0, bad = 0, resolver_only = 0;
  for (const fs::path& file : files_in(LEDGERLAB_CORPUS)) {
    SCOPED_TRACE(file.filename().string());
    const std::string text = text_of(file);
    const std::string expected = text.substr(0, text.find('\n'));
    const Document document = parse_scenario(text, file);
    const std::string by_resolver = resolver_refusal(document);
    const std::string by_schema = schema.refusal(document);
    if (expected == "# ok") {
      ++good;
      EXPECT_EQ(by_resolver, "");
      EXPECT_EQ(by_schema, "");
    } else if (expected == "# bad") {
      ++bad;
      EXPECT_NE(by_resolver, "");
      EXPECT_NE(by_schema, "");
    } else if (expected.starts_with("# bad, resolver only: ")) {
      ++resolver_only;
      EXPECT_NE(by_resolver, "");
      EXPECT_EQ(by_schema, "") << "the schema can say it after all: mark the file \"# bad\"";
    } else {
      ADD_FAILURE() << "the first line says neither ok nor bad";
    }
  }
  EXPECT_GE(good, 4);
  EXPECT_GE(bad, 40);
  EXPECT_GE(resolver_only, 15);
}

TEST(ScenarioCorpus, scenarios_that_ship_pass_both) {
  SchemaJudge schema;
  int count = 0;
  for (const char* folder : {"starter", "compare", "faults"}) {
    for (const fs::path& file : files_in(fs::path(LEDGERLAB_SOURCE_DIR) / "scenarios" / folder)) {
      SCOPED_TRACE(file.string());
      const Document document = read_scenario(file);
      EXPECT_EQ(resolver_refusal(document), "");
      EXPECT_EQ(schema.refusal(document), "");
      ++count;
    }
  }
  EXPECT_GE(count, 6);
}

TEST(ScenarioCorpus, stored_schema_is_the_generated_one) {
  const fs::path stored =
      fs::path(LEDGERLAB_SOURCE_DIR) / "scenarios" / "schema" / "scenario.schema.json";
  EXPECT_TRUE(text_of(stored) == scenario_schema(builtin_models()))
      << "refresh it: ledgerlab models schema > scenarios/schema/scenario.schema.json";
}

}  // namespace
}  // namespace ledgerlab
