#include "models/parts/client/endorsing.hpp"

#include <algorithm>

namespace ledgerlab::client {
namespace {

/// Most of them: 32 times the first wait.
constexpr std::uint32_t backoff_doublings = 6;

}  // namespace

void Endorsing::begin(const Input& input, Effects& effects, Proposed proposed) {
  ask(input, effects, open_of(std::move(proposed)));
}

void Endorsing::again(const Input& input, Effects& effects, Proposed proposed) {
  ++conflicts_;
  ++proposed.conflicts;
  wait(input, effects, open_of(std::move(proposed)));
}

Endorsing::Open& Endorsing::open_of(Proposed proposed) {
  Open& open = open_[proposed.proposal->id];
  open.proposed = std::move(proposed);
  return open;
}

/// As many as the policy needs; all of them once that did not do.
void Endorsing::ask(const Input& input, Effects& effects, Open& open) {
  ++open.attempt;
  open.answers.clear();
  open.asked = open.all ? policy_.endorsers : policy_.needed;
  std::vector<NodeId> whom;
  for (std::size_t i = 0; i < open.asked; ++i) {
    whom.push_back(static_cast<NodeId>((next_first_ + i) % policy_.endorsers));
  }
  next_first_ = (next_first_ + 1) % policy_.endorsers;
  effects.multicast(whom, pipeline::EndorseRequest{open.proposed.proposal, open.attempt});
  put(input, effects, input.local + options_.retry_timeout, open);
}

/// Around the mean, drawn: who collided once should not do so again.
void Endorsing::wait(const Input& input, Effects& effects, Open& open) {
  ++open.attempt;
  open.asked = 0;
  open.answers.clear();
  const std::uint64_t key = open.proposed.proposal->id.tag() + open.attempt;
  const std::uint32_t doublings = std::min(open.proposed.conflicts, backoff_doublings);
  const auto mean = static_cast<std::uint64_t>(options_.backoff.count())
                    << (doublings > 0 ? doublings - 1 : 0);
  const std::uint64_t drawn = mean == 0 ? 0 : input.draw(Purpose("client.conflict"), key) % mean;
  put(input, effects, input.local + Duration{static_cast<std::int64_t>(mean / 2 + drawn)}, open);
}

void Endorsing::put(const Input& input, Effects& effects, Time until, const Open& open) {
  waits_.emplace(until, open.proposed.proposal->id, open.attempt);
  arm(input, effects);
}

void Endorsing::arm(const Input& input, Effects& effects) {
  // A timer that is too early is set again when it fires.
  if (waits_.empty() || std::get<0>(*waits_.begin()) >= armed_) return;
  armed_ = std::get<0>(*waits_.begin());
  effects.set_timer(timer, std::max(armed_ - input.local, Duration::zero()));
}

void Endorsing::on_timer(const Input& input, Effects& effects, Outcome& outcome) {
  armed_ = time_never;
  while (!waits_.empty()) {
    const auto [until, id, attempt] = *waits_.begin();
    Open* open = open_.find(id);
    const bool live = open && open->attempt == attempt;
    if (live && until > input.local) break;
    waits_.erase(waits_.begin());
    if (!live) continue;
    if (options_.give_up_after > Duration::zero() &&
        input.local - open->proposed.due >= options_.give_up_after) {
      outcome.dropped.push_back(std::move(open->proposed));
      open_.erase(id);
      continue;
    }
    // Not all that were asked have answered in time.
    if (open->answers.size() < open->asked) open->all = true;
    ask(input, effects, *open);
  }
  arm(input, effects);
}

bool Endorsing::on_message(const Input& input, Effects& effects, Outcome& outcome) {
  const auto* endorsed = input.message->as<pipeline::Endorsed>();
  if (!endorsed) return false;
  Open* open = open_.find(endorsed->proposal);
  if (!open || open->attempt != endorsed->attempt || input.from >= policy_.endorsers) return true;
  const auto same = [&](const Answer& a) { return a.from == input.from; };
  if (std::any_of(open->answers.begin(), open->answers.end(), same)) return true;
  Answer answer{input.from, endorsed->ok, endorsed->result, endorsed->signature};
  // A signature that validation would not count is not waited for.
  if (answer.ok && (!pipeline::decode_set(answer.result) ||
                    !effects.crypto().verify(
                        input.from, pipeline::endorsed_text(endorsed->proposal, answer.result),
                        answer.signature))) {
    answer.result.clear();
  }
  open->answers.push_back(std::move(answer));
  judge(input, effects, *open, outcome);
  return true;
}

void Endorsing::judge(const Input& input, Effects& effects, Open& open, Outcome& outcome) {
  const Answer& last = open.answers.back();
  pipeline::Envelope envelope{open.proposed.proposal, last.result, {}, open.proposed.conflicts};
  std::uint32_t refused = 0;
  for (const Answer& a : open.answers) {
    refused += !a.ok;
    if (a.ok && !a.result.empty() && a.result == last.result) {
      envelope.endorsements.push_back({a.from, a.signature});
    }
  }
  const TxId id = open.proposed.proposal->id;
  if (envelope.endorsements.size() >= policy_.needed) {
    TxRef wrapped = pipeline::sign_envelope(effects.crypto(), open.proposed.slip.payer, envelope);
    outcome.ready.push_back({std::move(open.proposed), std::move(wrapped)});
    open_.erase(id);
  } else if (refused >= policy_.needed) {
    // As many say that it cannot be done as could have said what it does.
    outcome.dropped.push_back(std::move(open.proposed));
    open_.erase(id);
  } else if (open.answers.size() == open.asked) {
    // They disagree: some are behind, or lie. Then everybody is asked.
    ++disagreements_;
    open.all = true;
    wait(input, effects, open);
  }
}

}  // namespace ledgerlab::client
