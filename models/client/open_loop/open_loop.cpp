#include "models/client/open_loop/open_loop.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::open_loop {
namespace {

/// Redirects followed at once; more in a row means that replicas point at each other.
constexpr std::uint32_t redirects_at_once = 3;
/// With Ask::home the own node is asked so often before another one is.
constexpr std::uint32_t home_attempts = 3;

bool for_good(Refusal reason) {
  return reason != Refusal::nonce_used && reason != Refusal::pool_full;
}

}  // namespace

Options::Options(const Params& params)
    : retry_timeout(params.duration("retry_timeout")),
      pause(params.duration("pause")),
      give_up_after(params.duration("give_up_after")),
      max_outstanding(params.count("max_outstanding")) {}

Client::Client(const ModuleContext& context)
    : options_(*context.params),
      ask_(context.client_policy.ask),
      replicas_(context.replicas),
      needed_(std::max(1u, context.client_policy.replies(context.replicas))),
      home_(context.neighbours.empty() ? context.client_index % context.replicas
                                       : context.neighbours[0]),
      leader_(home_),
      end_(context.workload_end) {
  if (!context.workload_model || !context.workload_model->make_load) {
    throw std::logic_error("the open-loop client needs a workload model that makes a load");
  }
  load_ = context.workload_model->make_load(context);
  due_ = load_->due(0, context.workload_start);
  for (NodeId i = 0; i < replicas_; ++i) everyone_.push_back(i);
}

void Client::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      // A client that comes back does not know which nonces it has used: it stays silent.
      offers_ = input.incarnation == 0;
      break;
    case InputKind::deliver:
      if (input.from >= replicas_) break;
      if (const auto* reply = input.message->as<Reply>()) {
        on_reply(input, effects, *reply);
      } else if (const auto* redirect = input.message->as<Redirect>()) {
        on_redirect(input, effects, *redirect);
      } else if (const auto* refused = input.message->as<Refused>()) {
        on_refused(input, effects, *refused);
      }
      break;
    case InputKind::timer:
      if (input.timer.kind == timer_retry) on_deadlines(input, effects);
      break;
    default:
      break;
  }
  const bool due = input.kind == InputKind::start ||
                   (input.kind == InputKind::timer && input.timer.kind == timer_due);
  if (due && offers_) offer_due(input, effects);
  arm(input, effects);
}

// --- the load ------------------------------------------------------------------------------------

void Client::offer_due(const Input& input, Effects& effects) {
  while (due_ <= input.local && due_ < end_) {
    offer(input, effects, k_, due_);
    due_ = load_->due(++k_, due_);
  }
  if (due_ < end_) effects.set_timer({timer_due, 0}, due_ - input.local);
}

void Client::offer(const Input& input, Effects& effects, std::uint64_t k, Time due) {
  const Load::Item item = load_->item(k);
  Transfer transfer;
  transfer.nonce = item.nonce;
  transfer.to = effects.crypto().account(item.payee);
  transfer.value = U256(item.amount);
  transfer.fee = item.fee;
  const TxRef tx = sign_transfer(effects.crypto(), item.payer, transfer);
  effects.submit(tx, due);
  const auto [open, made] = open_.try_emplace(tx->id);
  if (!made) return;  // not with ids that bind sender and nonce
  open->tx = tx;
  open->k = k;
  if (options_.give_up_after > Duration::zero()) open->give_up_at = due + options_.give_up_after;
  if (options_.max_outstanding != 0 && outstanding_ >= options_.max_outstanding) {
    held_.push_back(tx->id);
    schedule(*open, time_never);
    return;
  }
  ++outstanding_;
  ask(input, effects, *open);
}

void Client::send_held(const Input& input, Effects& effects) {
  while (!held_.empty() && outstanding_ < options_.max_outstanding) {
    Open* open = open_.find(held_.front());
    held_.pop_front();
    if (!open) continue;
    if (!open->given_up) ++outstanding_;
    ask(input, effects, *open);
  }
}

/// Sends the request and sets the time of the next one: twice as long with every attempt, without
/// end where the client's own node keeps the transaction (settlement may take hours), else up to
/// eight times.
void Client::ask(const Input& input, Effects& effects, Open& open) {
  if (ask_ == ClientPolicy::Ask::leader) {
    open.target = leader_;
  } else if (open.attempts < home_attempts || ask_ == ClientPolicy::Ask::all) {
    open.target = home_;
  } else {
    open.target = (home_ + open.attempts - home_attempts + 1) % replicas_;
  }
  open.sent = true;
  MessageRef request = seal_for(effects, Slot::mempool, Slot::client, Request{open.tx});
  if (ask_ == ClientPolicy::Ask::all) {
    effects.multicast(everyone_, std::move(request));
  } else {
    effects.send(open.target, std::move(request));
  }
  const std::uint32_t most = ask_ == ClientPolicy::Ask::home ? 20 : 3;
  schedule(open, options_.retry_timeout == Duration::zero()
                     ? time_never
                     : input.local + grown(options_.retry_timeout, std::min(open.attempts, most)));
}

// --- answers -------------------------------------------------------------------------------------

void Client::on_reply(const Input& input, Effects& effects, const Reply& reply) {
  Open* open = open_.find(reply.transaction);
  if (!open) return;
  // One vote a replica; its latest word counts (after a reorganisation it may be another).
  std::erase_if(open->votes, [&](const Vote& vote) { return vote.replica == input.from; });
  open->votes.push_back({input.from, reply.height, reply.block, reply.succeeded});
  const auto equal = std::count_if(open->votes.begin(), open->votes.end(), [&](const Vote& vote) {
    return vote.height == reply.height && vote.block == reply.block &&
           vote.succeeded == reply.succeeded;
  });
  if (static_cast<std::uint32_t>(equal) < needed_) return;
  if (!open->given_up) {
    ++acknowledged_;
    effects.acknowledge(reply.transaction, reply.height);
  }
  close(input, effects, reply.transaction);
}

/// Raft, section 8: a server that is not the leader rejects the request and names the one it knows.
void Client::on_redirect(const Input& input, Effects& effects, const Redirect& redirect) {
  Open* open = open_.find(redirect.transaction);
  if (!open || ask_ != ClientPolicy::Ask::leader || open->target != input.from) return;
  const bool named = redirect.leader < replicas_ && redirect.leader != input.from;
  if (leader_ == input.from) leader_ = named ? redirect.leader : next_replica(input.from);
  // Where the client has learnt of another leader meanwhile, it goes there without being told.
  if ((named || leader_ != next_replica(input.from)) && open->redirects < redirects_at_once) {
    ++open->redirects;
    ask(input, effects, *open);
    return;
  }
  open->redirects = 0;
  schedule(*open, input.local + grown(options_.pause, std::min(open->refusals++, 3u)));
}

void Client::on_refused(const Input& input, Effects& effects, const Refused& refused) {
  Open* open = open_.find(refused.transaction);
  if (!open || refused.reason == Refusal::nonce_used) return;  // the reply is on its way
  if (!for_good(refused.reason)) {
    schedule(*open, input.local + grown(options_.pause, std::min(open->refusals++, 6u)));
    return;
  }
  auto& by = open->refused_by;
  if (std::find(by.begin(), by.end(), input.from) == by.end()) by.push_back(input.from);
  // One liar among many must not talk a client out of it.
  if (by.size() < needed_) return;
  give_up(effects, *open);
  close(input, effects, refused.transaction);
}

/// The user stops waiting; whether the transaction goes on is for the caller to say.
void Client::give_up(Effects& effects, Open& open) {
  if (open.given_up) return;
  open.given_up = true;
  open.give_up_at = time_never;
  ++given_up_;
  effects.give_up(open.tx->id);
  if (open.sent) --outstanding_;
}

void Client::close(const Input& input, Effects& effects, const TxId& id) {
  Open& open = *open_.find(id);
  if (open.sent && !open.given_up) --outstanding_;
  unschedule(open);
  open_.erase(TxId{id});
  send_held(input, effects);
}

// --- deadlines ---------------------------------------------------------------------------------

void Client::on_deadlines(const Input& input, Effects& effects) {
  armed_ = time_never;
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= input.local) {
    Open& open = *open_.find(deadlines_.begin()->second);
    if (open.give_up_at <= input.local) give_up(effects, open);
    if (open.retry_at <= input.local) {
      time_out(input, effects, open);
    } else {
      schedule(open, open.retry_at);
    }
  }
  send_held(input, effects);
}

void Client::time_out(const Input& input, Effects& effects, Open& open) {
  ++open.attempts;
  open.redirects = open.refusals = 0;
  // The first transaction to time out looks elsewhere; the others follow it.
  if (leader_ == open.target) leader_ = next_replica(leader_);
  ask(input, effects, open);
}

Duration Client::grown(Duration base, std::uint32_t times) const {
  constexpr Duration most = seconds(365ll * 86'400);
  return base > most / (std::int64_t{1} << times) ? most : base * (std::int64_t{1} << times);
}

void Client::schedule(Open& open, Time retry_at) {
  unschedule(open);
  open.retry_at = retry_at;
  open.deadline = std::min(retry_at, open.give_up_at);
  if (open.deadline == time_never) return;
  deadlines_.emplace(std::pair{open.deadline, open.k}, open.tx->id);
}

void Client::unschedule(Open& open) {
  if (open.deadline != time_never) deadlines_.erase({open.deadline, open.k});
  open.deadline = time_never;
}

/// A timer that fires too early costs less than setting it anew with every acknowledgement.
void Client::arm(const Input& input, Effects& effects) {
  if (deadlines_.empty() || deadlines_.begin()->first.first >= armed_) return;
  armed_ = deadlines_.begin()->first.first;
  effects.set_timer({timer_retry, 0}, std::max(Duration::zero(), armed_ - input.local));
}

void Client::inspect(Inspector& inspector) const {
  inspector.field("client.offered", k_);
  inspector.field("client.open", open_.size());
  inspector.field("client.held", held_.size());
  inspector.field("client.acknowledged", acknowledged_);
  inspector.field("client.given_up", given_up_);
  inspector.field("client.home", std::uint64_t{home_});
  inspector.field("client.leader", std::uint64_t{leader_});
}

}  // namespace ledgerlab::open_loop
