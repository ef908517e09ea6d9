// A test purpose: what is asked of which systems, by which stimulus, judged how (ISO/IEC 9646;
// DESIGN 8). The list of all purposes stands in purposes.cpp.
#pragma once

#include "conformance/suite/trial.hpp"

namespace ledgerlab::conformance {

struct Purpose {
  std::string id;                    // "TP-7.1.5.1-a"
  std::vector<std::string> clauses;  // catalogue ids
  std::string component;             // folder under purposes/
  std::string title;
  std::string selector;   // in words: which systems it applies to
  std::string initial;    // initial condition
  std::string stimulus;
  std::string predicate;  // what must hold
  std::string left_out;   // of the catalogue's check, and why; empty: nothing
  /// Empty if it applies to systems of this protocol, else why not.
  std::string (*not_applicable)(const ModelInfo&);
  void (*execute)(Trial&);
  std::vector<Twin> twins;
};

/// Every purpose, in the order of the clauses.
const std::vector<Purpose>& purposes();

// One function per folder; each returns its purposes.
std::vector<Purpose> sync_purposes();
std::vector<Purpose> consensus_purposes();
std::vector<Purpose> mempool_purposes();
std::vector<Purpose> pow_purposes();
std::vector<Purpose> pos_purposes();
std::vector<Purpose> bft_purposes();
std::vector<Purpose> raft_purposes();

// Selectors that several purposes share.
std::string applies_to_all(const ModelInfo& protocol);
/// Does the model claim this clause (ModelInfo.f751)?
bool claims(const ModelInfo& protocol, std::string_view id);
bool is_lottery(const ModelInfo& protocol);
/// Does its fault model bear a Byzantine node among four, or an adversary's share?
bool bears_byzantine(const ModelInfo& protocol);

}  // namespace ledgerlab::conformance
