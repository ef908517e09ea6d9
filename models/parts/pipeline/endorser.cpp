#include "models/parts/pipeline/endorser.hpp"

namespace ledgerlab::pipeline {

bool Endorser::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::deliver) {
    const auto* request = input.message->as<EndorseRequest>();
    if (!request) return false;
    if (!request->proposal) return true;
    const CallId id = next_++;
    asked_.try_emplace(id, Asked{input.from, request->attempt});
    effects.call(Slot::application, id, Simulate{request->proposal});
    return true;
  }
  const auto* simulated = input.kind == InputKind::call ? input.call->as<Simulated>() : nullptr;
  if (!simulated) return false;
  answer(effects, input.call->id, *simulated);
  return true;
}

void Endorser::answer(Effects& effects, CallId id, const Simulated& simulated) {
  const Asked* found = asked_.find(id);
  if (!found) return;
  Endorsed out{simulated.transaction, found->attempt, simulated.ok, {}, {}};
  if (simulated.ok) {
    out.result = encode({simulated.reads, simulated.writes});
    effects.work(Operation::hash_byte, out.result.size());
    out.signature = effects.crypto().sign(endorsed_text(simulated.transaction, out.result));
    ++endorsed_;
  }
  effects.send(found->client, std::move(out));
  asked_.erase(id);
}

}  // namespace ledgerlab::pipeline
