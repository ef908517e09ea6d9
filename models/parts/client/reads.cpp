#include "models/parts/client/reads.hpp"

#include <algorithm>

namespace ledgerlab::client {

void Reads::ask(const Input& input, Effects& effects, std::uint64_t number, const Address& account,
                Time due) {
  ++asked_;
  effects.read(number, due);
  send(input, effects, number, *open_.try_emplace(number, Open{account, due}).first);
  arm(input, effects);
}

void Reads::send(const Input& input, Effects& effects, std::uint64_t number, Open& open) {
  ++open.attempt;
  open.whom = target_;
  effects.send(open.whom, ReadRequest{number, open.account});
  unanswered_.push_back({input.local + options_.retry_timeout, number, open.attempt});
}

bool Reads::on_message(const Input& input, Effects& effects) {
  if (const auto* reply = input.message->as<ReadReply>()) {
    // Any of the replicas that were asked may answer; the first answer counts.
    if (open_.erase(reply->number)) {
      ++done_;
      effects.read_done(reply->number, reply->height);
    }
    return true;
  }
  const auto* refused = input.message->as<ReadRefused>();
  if (!refused) return false;
  Open* open = open_.find(refused->number);
  if (open && open->whom == input.from) {
    turn_from(input.from);
    ++open->attempt;
    postponed_.push_back({input.local + options_.backoff, refused->number, open->attempt});
    arm(input, effects);
  }
  return true;
}

void Reads::on_timer(const Input& input, Effects& effects) {
  armed_ = time_never;
  take_due(postponed_, input, effects);
  take_due(unanswered_, input, effects);
  arm(input, effects);
}

void Reads::take_due(std::deque<Wait>& waits, const Input& input, Effects& effects) {
  while (!waits.empty()) {
    const Wait wait = waits.front();
    Open* open = open_.find(wait.number);
    const bool live = open && open->attempt == wait.attempt;
    if (live && wait.until > input.local) return;
    waits.pop_front();
    if (!live) continue;
    if (options_.give_up_after > Duration::zero() &&
        input.local - open->due >= options_.give_up_after) {
      open_.erase(wait.number);
      continue;
    }
    if (&waits == &unanswered_) turn_from(open->whom);
    send(input, effects, wait.number, *open);
  }
}

void Reads::arm(const Input& input, Effects& effects) {
  Time earliest = time_never;
  if (!unanswered_.empty()) earliest = unanswered_.front().until;
  if (!postponed_.empty()) earliest = std::min(earliest, postponed_.front().until);
  if (earliest >= armed_) return;
  armed_ = earliest;
  effects.set_timer(timer, std::max(earliest - input.local, Duration::zero()));
}

}  // namespace ledgerlab::client
