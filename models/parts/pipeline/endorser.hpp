// The endorsing step of a replica: proposals come in, the ledger simulates them, the result goes
// back signed. Part of the module in the mempool slot; keeps nothing that a crash could lose.
#pragma once

#include "models/api/effects.hpp"
#include "models/api/message.hpp"
#include "models/api/module.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/pipeline/envelope.hpp"

namespace ledgerlab::pipeline {

/// client -> endorser: please simulate this on your state.
struct EndorseRequest {
  static constexpr MessageInfo info{16, "EndorseRequest", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::mempool;
  TxRef proposal;
  std::uint32_t attempt = 0;  // the client's own, repeated in the answer
  template <class A>
  void fields(A& a) {
    a(proposal, attempt);
  }
};

/// endorser -> client: simulating it gave this.
struct Endorsed {
  static constexpr MessageInfo info{16, "Endorsed", Role::client, Auth::mac};
  static constexpr Slot destination = Slot::client;
  TxId proposal;
  std::uint32_t attempt = 0;
  bool ok = false;  // no: it cannot be done; there is no result and no signature
  Bytes result;
  Signature signature;
  template <class A>
  void fields(A& a) {
    a(proposal, attempt, ok, result, signature);
  }
};

class Endorser {
 public:
  /// False if the input is not about endorsing.
  bool step(const Input& input, Effects& effects);
  std::uint64_t asked() const { return next_; }
  std::uint64_t endorsed() const { return endorsed_; }

 private:
  struct Asked {
    NodeId client = no_node;
    std::uint32_t attempt = 0;
  };
  void answer(Effects& effects, CallId id, const Simulated& simulated);

  Lookup<CallId, Asked> asked_;
  CallId next_ = 0;
  std::uint64_t endorsed_ = 0;
};

}  // namespace ledgerlab::pipeline
