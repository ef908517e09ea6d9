// The suite: selects purposes for systems, executes them (and their twins), adds up.
#pragma once

#include <functional>

#include "conformance/catalogue/catalogue.hpp"
#include "conformance/suite/purpose.hpp"

namespace ledgerlab::conformance {

inline constexpr std::string_view suite_version = "1";

struct Selection {
  std::vector<std::string> purposes;  // ids or parts of ids; empty: all
  std::vector<std::string> systems;   // consensus models; empty: those that claim an algorithm
  bool twins = false;
};

/// One purpose on one system.
struct Item {
  const Purpose* purpose = nullptr;
  const ModelInfo* system = nullptr;
  std::string not_applicable;  // reason; empty: selected
  bool executed = false;
  Verdict verdict = Verdict::none;
  std::vector<Judgement> judgements;
  std::vector<std::string> notes;
  std::vector<RunEvidence> runs;
  double wall_s = 0;

  std::string reproduce() const;
};

/// One twin of one purpose on one system: caught if, and only if, its verdict is fail.
struct TwinItem {
  const Purpose* purpose = nullptr;
  const Twin* twin = nullptr;
  const ModelInfo* system = nullptr;
  std::string not_applicable;
  Verdict verdict = Verdict::none;
  std::string by;  // the judgement that caught it
  double wall_s = 0;
  bool caught() const { return verdict == Verdict::fail; }
};

/// What a system says it implements, made from ModelInfo (the ICS of ISO/IEC 9646-7).
struct StatementRow {
  const CatalogueRow* row = nullptr;
  bool claimed = false;
  std::vector<std::string> by;        // models that claim it
  std::vector<std::string> purposes;  // that judge it
};
struct Statement {
  const ModelInfo* system = nullptr;
  std::vector<std::string> composition;  // "consensus raft@1", ...
  std::string fault_model;
  std::vector<StatementRow> rows;
};

struct Report {
  std::vector<Item> items;
  std::vector<TwinItem> twins;
  std::vector<Statement> statements;
  bool twins_asked = false;
  bool interrupted = false;
  double wall_s = 0;

  /// The sum over the selected items; zero executed or one not executed is an error.
  Verdict verdict() const;
  std::size_t twins_tried() const;
  std::size_t twins_caught() const;
};

struct SelectionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Listener {
  std::function<void(const std::string& what, std::size_t done, std::size_t of)> begin;
  const std::atomic<bool>* stop = nullptr;
};

/// What would be executed, nothing executed. Throws SelectionError for a name that is none.
Report select(const Selection& selection, const Registry& registry,
              const std::vector<Purpose>& all);
/// Executes a selected report in place.
void execute(Report& report, const Listener& listener);

}  // namespace ledgerlab::conformance
