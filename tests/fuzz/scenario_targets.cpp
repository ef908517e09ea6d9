// Targets: scenario files from text to plan, settings, and the frames of every model's messages.
#include <map>

#include "models/api/effects.hpp"
#include "models/api/registry.hpp"
#include "models/ledger/account/ethereum_tx.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/suite/suite.hpp"
#include "sim/scenario/resolver.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {
namespace {

// ---- scenarios: refused with a reason, or resolved

constexpr std::size_t longest_scenario = 8'000;

void run_scenario(ByteView input) {
  if (input.size() > longest_scenario) return;
  const std::filesystem::path file =
      std::filesystem::path(LEDGERLAB_SOURCE_DIR) / "scenarios/starter/fuzz.toml";
  try {
    const Document document = parse_scenario(std::string(text_of(input)), file);
    document_json(document.root);
    resolve(document, builtin_models());
  } catch (const ScenarioErrors& errors) {
    require(!errors.errors().empty(), "a refusal says what is wrong");
    for (const ScenarioError& error : errors.errors()) {
      require(!error.text().empty() && !error.message.empty(), "an error has a text");
    }
  } catch (const EngineUnavailable&) {  // named in the file, not in this build
  }
}

std::vector<Bytes> scenario_seeds() {
  std::vector<Bytes> out;
  for (const char* name :
       {"starter/raft", "starter/pbft", "starter/pow", "starter/praos", "faults/partition"}) {
    const std::string path = "scenarios/" + std::string(name) + ".toml";
    if (std::filesystem::exists(std::filesystem::path(LEDGERLAB_SOURCE_DIR) / path)) {
      out.push_back(source_file(path));
    }
  }
  // All of the corpus in which the schema and the resolver are compared.
  std::map<std::string, Bytes> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(LEDGERLAB_SOURCE_DIR) / "tests/scenario/corpus")) {
    if (entry.path().extension() != ".toml") continue;
    const std::string name = entry.path().filename().string();
    corpus[name] = source_file("tests/scenario/corpus/" + name);
  }
  for (auto& [name, text] : corpus) out.push_back(std::move(text));
  return out;
}

/// The starter files, read once.
const std::vector<Document>& starters() {
  static const auto documents = [] {
    std::vector<Document> out;
    for (const char* name : {"raft", "pbft", "pow", "praos", "erc20-pbft"}) {
      const std::filesystem::path file = std::filesystem::path(LEDGERLAB_SOURCE_DIR) /
                                         "scenarios/starter" / (std::string(name) + ".toml");
      out.push_back(read_scenario(file));
    }
    return out;
  }();
  return documents;
}

/// A byte that says which starter file, then settings, a line each: reaches the rules behind TOML.
void run_setting(ByteView input) {
  if (input.empty() || input.size() > longest_scenario) return;
  Document document = starters()[input[0] % starters().size()];
  std::string_view text = text_of(input.subspan(1));
  try {
    for (int lines = 0; !text.empty() && lines < 8; ++lines) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      apply_setting(document, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    document_json(document.root);
    resolve(document, builtin_models());
  } catch (const ScenarioErrors& errors) {
    require(!errors.errors().empty(), "a refusal says what is wrong");
  } catch (const EngineUnavailable&) {
  }
}

std::vector<Bytes> setting_seeds() {
  std::vector<Bytes> out;
  for (const char* settings :
       {"seed=7\nduration=\"20 s\"", "systems.0.params.heartbeat=\"50 ms\"",
        "network.nodes=9\nnetwork.loss=\"1 %\"", "workload.rate=\"1e3 tx/s\"\nclients.count=2",
        "systems=[{consensus=\"raft\"},{consensus=\"pow\",name=\"b\"}]",
        "faults=[{kind=\"crash\",at=\"1 s\",for=\"2 s\",node=1}]",
        "faults=[{kind=\"partition\",at=\"1 s\",for=\"1 s\",groups=[[0,1],[2]]}]",
        "behaviours=[{behaviour=\"silent\",nodes=[1]}]\nhardware.cores=4",
        "systems.0.contract=\"lua\"\nsystems.0.ledger=\"account\"\nsystems.0.storage=\"sqlite\"",
        "network.latency=\"aws-21\"\nnetwork.placement=[\"us-west-2\"]", "a.b.c.d=1",
        "network.bandwidth=\"100 Mbit/s\"\nwarm_up=\"1 s\"\ndrain=\"1 h\""}) {
    for (Byte file = 0; file < 5; ++file) {
      Bytes input = {file};
      append(input, bytes_of(settings));
      out.push_back(input);
    }
  }
  return out;
}

// ---- transactions of the account ledger

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

void run_transfer(ByteView input) {
  // Two objects: each keeps the decoded form of its world's ledger.
  const TxRef as_transfer = make_transaction(Bytes(input.begin(), input.end()));
  const TxRef as_ethereum = make_transaction(Bytes(input.begin(), input.end()));
  const auto* transfer = decode_transfer(*as_transfer);
  const auto* ethereum = account::decode_ethereum(*as_ethereum);
  require(transfer == nullptr || ethereum == nullptr, "a transaction is of one kind");
  if (ethereum != nullptr) ethereum::encode(account::with_signature(*ethereum));
}

std::vector<Bytes> transfer_seeds() {
  const auto suite = make_suite(SuiteMode::real, 1, WorkMode::lottery);
  NoNames names;
  const CostTable costs;
  Effects effects(*suite, names, costs);
  effects.begin(0);
  Transfer transfer;
  transfer.to = Address{{1, 2}};
  transfer.value = U256(5);
  transfer.data = Bytes(20, 9);
  const Crypto crypto = effects.crypto();
  ethereum::Transaction call;
  call.to = Address{{3}};
  call.gas_limit = 50'000;
  call.max_fee = call.max_priority_fee = U256(1);
  call.data = Bytes(68, 1);
  return {sign_transfer(crypto, 0, transfer)->bytes,
          account::sign_ethereum(crypto, 1, call)->bytes};
}

// ---- messages: a byte that says which models share a stack, then a frame

/// The n-th stack: in every slot one of the models that have messages there.
const MessageCatalog& catalog(std::size_t n) {
  static const auto catalogs = [] {
    std::array<std::vector<const ModelInfo*>, slot_count> speakers;
    std::size_t most = 1;
    for (const ModelInfo* model : builtin_models().all()) {
      if (model->messages.empty()) continue;
      auto& slot = speakers[static_cast<std::size_t>(model->slot)];
      slot.push_back(model);
      most = std::max(most, slot.size());
    }
    std::vector<MessageCatalog> out(most);
    for (std::size_t i = 0; i < most; ++i) {
      for (std::size_t s = 0; s < slot_count; ++s) {
        if (!speakers[s].empty()) out[i].slots[s] = speakers[s][i % speakers[s].size()]->messages;
      }
    }
    return out;
  }();
  return catalogs[n % catalogs.size()];
}
constexpr std::size_t stacks = 12;

void run_message(ByteView input) {
  if (input.empty()) return;
  const ByteView frame = input.subspan(1);
  const MessageRef message = decode_frame(frame, catalog(input[0]));
  if (!message) return;
  require(std::ranges::equal(encode_frame(*message), frame), "frames have one form");
  message->describe();
  message->block();
  const MessageRef again = decode_frame(frame, catalog(input[0]));
  require(again && again->identity() == message->identity(), "a frame has one identity");
}

/// Every listed type with a body of zeros: the shortest that decodes.
std::vector<Bytes> message_seeds() {
  std::vector<Bytes> out;
  std::map<const MessageType*, bool> seen;
  for (std::size_t n = 0; n < stacks; ++n) {
    for (std::size_t s = 0; s < slot_count; ++s) {
      for (const MessageType* type : catalog(n).slots[s]) {
        if (!seen.emplace(type, true).second) continue;
        for (std::size_t length = 0; length < 400; ++length) {
          const MessageInfo& info = type->info;
          Bytes input = {static_cast<Byte>(n), static_cast<Byte>(s), static_cast<Byte>(info.auth),
                         static_cast<Byte>(info.kind), static_cast<Byte>(info.kind >> 8)};
          input.resize(input.size() + 4 + length + auth_bytes(info.auth));
          if (!decode_frame(ByteView(input).subspan(1), catalog(n))) continue;
          out.push_back(std::move(input));
          break;
        }
      }
    }
  }
  return out;
}

constexpr Target table[] = {
    {"scenario", run_scenario, scenario_seeds, 20'000},
    {"transfer", run_transfer, transfer_seeds, 60'000},
    {"setting", run_setting, setting_seeds, 2'000},
    {"message", run_message, message_seeds, 200'000},
};

}  // namespace

std::span<const Target> scenario_targets() { return table; }

}  // namespace ledgerlab::fuzz
