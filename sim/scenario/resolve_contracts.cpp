// The contract engine of a system: does it fit the ledger and the cost table, and where is the code
// of the contracts that the workload calls.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/contract/unavailable.hpp"
#include "models/parts/suite/suite.hpp"
#include "sim/scenario/resolve_parts.hpp"
#include "sim/scenario/resolver.hpp"
#include "sim/topology/data_path.hpp"

namespace ledgerlab {
namespace {

std::string quoted_list(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back("\"" + word + "\"");
  return alternatives(quoted);
}

bool fits_ledger(const Resolving& r, Section& section, const SystemPlan& system) {
  const ModelInfo& ledger = *system.ledger.info;
  const std::string& engine = system.contract.info->name;
  if (std::find(ledger.engines.begin(), ledger.engines.end(), engine) != ledger.engines.end()) {
    return true;
  }
  std::vector<std::string> others;
  for (const ModelInfo* other : r.registry.all(ModelKind::ledger)) {
    if (std::find(other->engines.begin(), other->engines.end(), engine) != other->engines.end()) {
      others.push_back(other->name);
    }
  }
  section.problem("contract",
                  "ledger \"" + ledger.name + "\" does not run contract engine \"" + engine +
                      "\": " +
                      (ledger.engines.empty() ? std::string("it runs none; set contract = \"none\"")
                                              : "it runs " + quoted_list(ledger.engines)) +
                      (others.empty() ? "" : ", or take ledger = " + quoted_list(others)));
  return false;
}

void check_costs(Resolving& r, Section& section, const ModelInfo& engine) {
  std::string missing;
  for (const Operation row : {engine.gas_row, Operation::contract_frame, Operation::storage_read,
                              Operation::storage_write}) {
    if (r.plan.hardware.costs.has(row)) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(operation_name(row));
  }
  if (missing.empty()) return;
  section.problem("contract", "the cost table \"" + r.plan.hardware.costs.name +
                                  "\" has no row for " + missing + ", which contract engine \"" +
                                  engine.name +
                                  "\" is charged by; `ledgerlab calibrate` writes them");
}

/// The file's bytes as the engine takes them; nothing after telling why.
std::optional<Bytes> read_code(Resolving& r, Section& section, const ModelInfo& engine,
                               const std::string& job) {
  const Value* files = section.raw("contract_files");
  const Entry* own = files == nullptr ? nullptr : files->find(job);
  const std::string name = own != nullptr
                               ? own->value.text
                               : "../contracts/" + job + "/" + job + "." + engine.contract_suffix;
  const std::string key = own != nullptr ? "contract_files" : "contract";
  std::string text;
  // check_files() told it.
  if (own != nullptr && own->value.type != Value::Type::text) return std::nullopt;
  try {
    const auto file = find_data(name, r.document.file);
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream all;
    all << stream.rdbuf();
    text = std::move(all).str();
  } catch (const DataNotFoundError& error) {
    r.problems.missing_file(section.place(key), section.path(key), error.what());
    return std::nullopt;
  }
  if (!engine.contract_hex) return Bytes(text.begin(), text.end());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto code = from_hex(text.starts_with("0x") ? text.substr(2) : text);
  if (!code) {
    section.problem(key, "the contract file " + name + " is not hexadecimal text, which engine \"" +
                             engine.name + "\" wants");
  }
  return code;
}

void check_files(Section& section, const std::vector<GenesisContract>& wanted) {
  const Value* files = section.raw("contract_files");
  if (files == nullptr) return;
  if (files->type != Value::Type::table) {
    section.problem("contract_files", "expected a table such as { erc20 = \"mine.bin\" }");
    return;
  }
  std::vector<std::string> names;
  for (const GenesisContract& contract : wanted) names.push_back(contract.name);
  for (const Entry& entry : files->entries) {
    if (entry.value.type != Value::Type::text) {
      section.problems().add(entry.value.place, section.path("contract_files." + entry.key),
                             "expected a file name");
    } else if (std::find(names.begin(), names.end(), entry.key) == names.end()) {
      section.problems().add(entry.place, section.path("contract_files." + entry.key),
                             names.empty()
                                 ? "is not read: the workload calls no contract"
                                 : "is not read: the workload's contract is " + quoted_list(names),
                             nearest(entry.key, names));
    }
  }
}

void load_contracts(Resolving& r, Section& section, SystemPlan& system,
                    std::vector<GenesisContract> wanted) {
  if (wanted.empty()) return;
  for (GenesisContract& contract : wanted) {
    auto code = read_code(r, section, *system.contract.info, contract.name);
    if (!code) return;
    contract.code = std::move(*code);
  }
  system.contracts = std::make_shared<const std::vector<GenesisContract>>(std::move(wanted));
  // Creating them may fail: that is the scenario's fault, and is told before a world is built.
  try {
    const auto suite = make_suite(SuiteMode::costed, r.plan.seed, WorkMode::lottery);
    system.ledger.info->genesis_root(genesis_of(r.plan, system), *suite);
  } catch (const std::invalid_argument& error) {
    section.problem(section.given("contract_files") ? "contract_files" : "contract", error.what());
  }
}

}  // namespace

void resolve_contracts(Resolving& r, Section& section, SystemPlan& system) {
  const ModelChoice& workload = r.plan.workload;
  const bool calls = workload && workload.info->contracts != nullptr && r.plan.clients.count > 0;
  std::vector<GenesisContract> wanted;
  if (calls) wanted = workload.info->contracts(workload.params, r.plan.genesis);
  check_files(section, wanted);
  if (!system.ledger) return;
  if (!system.contract) {
    if (calls) {
      section.problem("contract", "the workload \"" + workload.info->name +
                                      "\" calls contracts: name an engine, such as contract = "
                                      "\"evm\" with ledger = \"account\"");
    }
    if (!system.ledger.info->engines.empty() && section.given("ledger_params") &&
        system.ledger.info->family != state_mode) {
      section.problem("ledger_params",
                      "is not read without contracts: set contract = \"evm\", or leave it out");
    }
    return;
  }
  if (!fits_ledger(r, section, system)) return;
  check_costs(r, section, *system.contract.info);
  if (contract::has_lifecycle(system.contract.params) && system.ledger.info->name != "account") {
    section.problem("contract_params", "lifecycle = true needs ledger = \"account\"");
  }
  if (calls && workload.params.texts().contains("job") &&
      workload.params.text("job") == "lifecycle" &&
      !contract::has_lifecycle(system.contract.params)) {
    section.problem("contract_params",
                    "the workload's job \"lifecycle\" needs contract_params = "
                    "{ lifecycle = true }");
  }
  try {
    system.contract.info->make_contract_engine(system.contract.params);
  } catch (const contract::Unavailable& error) {
    throw EngineUnavailable(error.what());
  }
  load_contracts(r, section, system, std::move(wanted));
}

}  // namespace ledgerlab
