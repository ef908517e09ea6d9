#include "conformance/suite/suite.hpp"

#include <algorithm>
#include <chrono>

namespace ledgerlab::conformance {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Does `word` name this purpose: its id, one of its clauses, or the end of either.
bool names(const Purpose& purpose, const std::string& word) {
  const auto ends = [&](const std::string& id) {
    return id == word || (id.size() > word.size() && id.ends_with("-" + word));
  };
  return ends(purpose.id) ||
         std::any_of(purpose.clauses.begin(), purpose.clauses.end(), ends);
}

std::vector<const Purpose*> chosen_purposes(const Selection& selection,
                                            const std::vector<Purpose>& all) {
  std::vector<const Purpose*> out;
  for (const Purpose& purpose : all) {
    const auto named = [&](const std::string& word) { return names(purpose, word); };
    if (selection.purposes.empty() ||
        std::any_of(selection.purposes.begin(), selection.purposes.end(), named)) {
      out.push_back(&purpose);
    }
  }
  for (const std::string& word : selection.purposes) {
    if (std::none_of(all.begin(), all.end(), [&](const Purpose& p) { return names(p, word); })) {
      throw SelectionError("there is no purpose \"" + word + "\"; --list shows them");
    }
  }
  return out;
}

bool claims_an_algorithm(const ModelInfo& protocol) {
  return std::any_of(protocol.f751.begin(), protocol.f751.end(), [](const std::string& id) {
    return id.starts_with("F7512-7.1.5.4-");
  });
}

std::vector<const ModelInfo*> chosen_systems(const Selection& selection,
                                             const Registry& registry) {
  std::vector<const ModelInfo*> out;
  if (selection.systems.empty()) {
    for (const ModelInfo* protocol : registry.all(ModelKind::consensus)) {
      if (claims_an_algorithm(*protocol)) out.push_back(protocol);
    }
    return out;
  }
  for (const std::string& name : selection.systems) {
    const ModelInfo* protocol = registry.find(ModelKind::consensus, name);
    if (!protocol) {
      std::string there;
      for (const ModelInfo* p : registry.all(ModelKind::consensus)) there += " " + p->name;
      throw SelectionError("there is no consensus model \"" + name + "\"; there are" + there);
    }
    if (std::find(out.begin(), out.end(), protocol) == out.end()) out.push_back(protocol);
  }
  return out;
}

Statement statement_of(const ModelInfo& protocol, const std::vector<Purpose>& all) {
  const Registry& models = suite_models();
  Statement out;
  out.system = &protocol;
  out.fault_model = protocol.fault_model.text;
  std::vector<const ModelInfo*> parts{&protocol, models.find(ModelKind::ledger, "account"),
                                      models.find(ModelKind::mempool, "pool")};
  if (protocol.uses_relay) parts.push_back(models.find(ModelKind::gossip, "inventory"));
  for (const ModelInfo* part : parts) {
    out.composition.push_back(std::string(model_kind_name(part->kind)) + " " + part->label());
  }
  for (const CatalogueRow& row : catalogue().rows) {
    StatementRow line{&row, false, {}, {}};
    for (const ModelInfo* part : parts) {
      if (claims(*part, row.id)) line.by.push_back(part->label());
    }
    line.claimed = !line.by.empty();
    for (const Purpose& purpose : all) {
      const auto& ids = purpose.clauses;
      if (std::find(ids.begin(), ids.end(), row.id) == ids.end()) continue;
      if (purpose.not_applicable(protocol).empty()) line.purposes.push_back(purpose.id);
    }
    out.rows.push_back(std::move(line));
  }
  return out;
}

/// Executes and judges; what is thrown is an error of the suite, not of the system.
template <class Keep>
Verdict judged(const Purpose& purpose, const ModelInfo& system, const Twin* twin,
               const std::atomic<bool>* stop, double& wall_s, Keep&& keep) {
  const double begun = now_s();
  Trial trial(system, twin, stop);
  try {
    purpose.execute(trial);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& failure) {
    trial.error(failure.what());
  }
  wall_s = now_s() - begun;
  keep(trial);
  return trial.verdict();
}

void execute_item(Item& item, const std::atomic<bool>* stop) {
  item.verdict =
      judged(*item.purpose, *item.system, nullptr, stop, item.wall_s, [&](const Trial& trial) {
        item.judgements = trial.judgements();
        item.notes = trial.notes();
        item.runs = trial.runs();
      });
  if (item.judgements.empty()) {
    item.judgements.push_back({Verdict::error, "the purpose judged nothing"});
  }
  item.executed = true;
}

void execute_twin(TwinItem& item, const std::atomic<bool>* stop) {
  item.verdict =
      judged(*item.purpose, *item.system, item.twin, stop, item.wall_s, [&](const Trial& trial) {
        // The last one: what the runs' common checkers found comes before the purpose's own.
        for (const Judgement& j : trial.judgements()) {
          if (j.verdict == trial.verdict()) item.by = j.text;
        }
      });
}

}  // namespace

std::string Item::reproduce() const {
  return "ledgerlab conform --purpose " + purpose->id + " --system " + system->name;
}

Verdict Report::verdict() const {
  Verdict sum = Verdict::none;
  for (const Item& item : items) {
    if (!item.not_applicable.empty()) continue;
    sum = worse(sum, item.executed ? settled(item.verdict) : Verdict::error);
  }
  if (twins_asked && twins_caught() != twins_tried()) sum = worse(sum, Verdict::fail);
  return settled(sum);
}

std::size_t Report::twins_tried() const {
  return static_cast<std::size_t>(std::count_if(
      twins.begin(), twins.end(), [](const TwinItem& t) { return t.not_applicable.empty(); }));
}

std::size_t Report::twins_caught() const {
  return static_cast<std::size_t>(
      std::count_if(twins.begin(), twins.end(), [](const TwinItem& t) { return t.caught(); }));
}

Report select(const Selection& selection, const Registry& registry,
              const std::vector<Purpose>& all) {
  Report report;
  const auto systems = chosen_systems(selection, registry);
  for (const Purpose* purpose : chosen_purposes(selection, all)) {
    for (const ModelInfo* system : systems) {
      Item item;
      item.purpose = purpose;
      item.system = system;
      item.not_applicable = purpose->not_applicable(*system);
      if (selection.twins && item.not_applicable.empty()) {
        for (const Twin& twin : purpose->twins) {
          TwinItem t;
          t.purpose = purpose;
          t.twin = &twin;
          t.system = system;
          if (twin.not_applicable) t.not_applicable = twin.not_applicable(*system);
          report.twins.push_back(std::move(t));
        }
      }
      report.items.push_back(std::move(item));
    }
  }
  for (const ModelInfo* system : systems) report.statements.push_back(statement_of(*system, all));
  report.twins_asked = selection.twins;
  return report;
}

void execute(Report& report, const Listener& listener) {
  const double begun = now_s();
  std::size_t of = report.twins_tried();
  for (const Item& item : report.items) of += item.not_applicable.empty();
  std::size_t done = 0;
  const auto tell = [&](const std::string& what) {
    if (listener.begin) listener.begin(what, done, of);
    ++done;
    if (listener.stop && listener.stop->load()) throw Interrupted();
  };
  try {
    for (Item& item : report.items) {
      if (!item.not_applicable.empty()) continue;
      tell(item.purpose->id + " on " + item.system->name);
      execute_item(item, listener.stop);
    }
    for (TwinItem& twin : report.twins) {
      if (!twin.not_applicable.empty()) continue;
      tell(twin.purpose->id + " on " + twin.system->name + ", twin " + twin.twin->id);
      execute_twin(twin, listener.stop);
    }
  } catch (const Interrupted&) {
    report.interrupted = true;
  }
  report.wall_s = now_s() - begun;
}

}  // namespace ledgerlab::conformance
