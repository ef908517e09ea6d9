#include "models/parts/client/open_loop.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "models/parts/account_tx/wallet.hpp"

namespace ledgerlab::client {
namespace {

constexpr TimerId timer_due{0, 0};
constexpr TimerId timer_wait{1, 0};
/// Family of ledgers whose transactions are simulated before they are ordered.
constexpr std::string_view state_mode = "execute-order-validate";

std::unique_ptr<Wallet> make_wallet(const ModuleContext& context, std::uint64_t memo) {
  const ModelInfo* ledger = context.ledger_model;
  if (ledger != nullptr && ledger->make_wallet != nullptr) {
    if (auto own = ledger->make_wallet(context)) return own;
  }
  return std::make_unique<TransferWallet>(memo);
}

/// Not every client has every parameter; Params records what was read.
std::int64_t given(const Params& params, std::string_view key) {
  return params.numbers().contains(key) ? params.integer(key) : 0;
}

}  // namespace

Options::Options(const Params& params)
    : retry_timeout(params.duration("retry_timeout")),
      home_retry_timeout(params.duration("home_retry_timeout")),
      redirect_backoff(params.duration("redirect_backoff")),
      conflict_backoff(given(params, "conflict_backoff")),
      give_up_after(params.duration("give_up_after")),
      max_outstanding(params.count("max_outstanding")),
      read_share_ppb(static_cast<std::uint64_t>(given(params, "read_share"))),
      memo(params.count("memo")) {}

std::vector<ParamInfo> offering_params() {
  return {{"retry_timeout",
           ParamType::duration,
           "2 s",
           "a transaction without answer is asked for again after this time",
           "1 ms",
           "1 d",
           {}},
          {"home_retry_timeout",
           ParamType::duration,
           "1 min",
           "the same where a client asks its own node and answers take many blocks (lotteries)",
           "1 ms",
           "7 d",
           {}},
          {"redirect_backoff",
           ParamType::duration,
           "100 ms",
           "wait before the next replica is asked when nobody is known to lead",
           "1 ms",
           "1 h",
           {}},
          {"give_up_after",
           ParamType::duration,
           "0 ns",
           "a transaction older than this is not asked for again and counts as dropped; 0 ns: never",
           "0 ns",
           "30 d",
           {}},
          {"max_outstanding",
           ParamType::integer,
           "0",
           "transactions due while so many wait for replies are dropped unsent; 0: no limit",
           "0",
           "100000000",
           {}},
          {"memo",
           ParamType::size,
           "0 B",
           "bytes that every transfer carries without effect: longer transactions",
           "0 B",
           "128 kB",
           {},
           true}};
}

OpenLoop::OpenLoop(const ModuleContext& context)
    : options_(*context.params),
      policy_(context.client_policy),
      load_(context.workload_model->make_load(context)),
      wallet_(make_wallet(context, options_.memo)),
      replicas_(context.replicas),
      replies_needed_(std::max(1u, policy_.replies(context.replicas))),
      refusals_needed_(replies_needed_),
      end_(context.workload_end),
      home_(context.neighbours.empty() ? context.client_index % context.replicas
                                       : context.neighbours[0]),
      target_(home_),
      due_(context.workload_start),
      reads_({options_.retry_timeout, options_.redirect_backoff, options_.give_up_after}, replicas_,
             home_) {
  if (context.ledger_model != nullptr && context.ledger_model->family == state_mode) {
    const Params& pipeline = *context.genesis.params;
    const auto policy = pipeline::Policy::parse(
        pipeline.text("endorsement"), static_cast<std::uint32_t>(pipeline.count("endorsers")));
    endorsing_ = std::make_unique<Endorsing>(
        EndorsingOptions{options_.retry_timeout, options_.conflict_backoff, options_.give_up_after},
        policy.value_or(pipeline::Policy{}), home_);
  }
  if (policy_.tentative_replies != nullptr) {
    tentative_needed_ = policy_.tentative_replies(*context.consensus_params, replicas_);
  }
  // The primary of view 0; from then on as redirects say.
  if (policy_.ask == ClientPolicy::Ask::primary) target_ = 0;
  if (policy_.ask == ClientPolicy::Ask::all || policy_.ask == ClientPolicy::Ask::primary) {
    everybody_.resize(replicas_);
    std::iota(everybody_.begin(), everybody_.end(), 0);
  }
  if (policy_.ask == ClientPolicy::Ask::home) options_.retry_timeout = options_.home_retry_timeout;
  draw_next();
}

void OpenLoop::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      start(input, effects);
      break;
    case InputKind::timer:
      if (input.timer == timer_due) {
        offer_due(input, effects);
      } else if (input.timer == Reads::timer) {
        reads_.on_timer(input, effects);
      } else if (endorsing_ && input.timer == Endorsing::timer) {
        Endorsing::Outcome outcome;
        endorsing_->on_timer(input, effects, outcome);
        take(input, effects, std::move(outcome));
      } else if (input.timer == timer_wait) {
        armed_ = time_never;
        take_due(postponed_, input, effects);
        take_due(unanswered_, input, effects);
      } else {
        on_other(input, effects);
      }
      break;
    case InputKind::deliver:
      if (!from_replica(input)) break;
      if (reads_.on_message(input, effects)) break;
      if (endorsing_) {
        Endorsing::Outcome outcome;
        if (endorsing_->on_message(input, effects, outcome)) {
          take(input, effects, std::move(outcome));
          break;
        }
      }
      if (input.from == target_) target_heard_ = input.local;
      if (const auto* reply = input.message->as<Reply>()) {
        on_final(input, effects, *reply);
      } else if (const auto* tentative = input.message->as<TentativeReply>()) {
        if (tentative_needed_ != 0) on_reply(input, effects, *tentative);
      } else if (const auto* redirect = input.message->as<Redirect>()) {
        on_redirect(input, effects, *redirect);
      } else if (const auto* refused = input.message->as<Refused>()) {
        on_refused(input, effects, *refused);
      } else {
        on_other(input, effects);
      }
      break;
    default:
      break;
  }
  arm(input, effects);
}

// --- offering ------------------------------------------------------------------------------------

void OpenLoop::start(const Input& input, Effects& effects) {
  // In a later life: what was due while we were down is not offered any more.
  if (input.incarnation > 0) {
    while (due_ < input.local) {
      ++k_;
      draw_next();
    }
  }
  if (due_ < end_) effects.set_timer(timer_due, std::max(due_ - input.local, Duration::zero()));
}

/// The dates are the load's own; nothing the system does changes them.
void OpenLoop::draw_next() { due_ = load_->due(k_, due_); }

void OpenLoop::offer_due(const Input& input, Effects& effects) {
  while (due_ <= input.local && due_ < end_) {
    offer(input, effects, load_->item(k_));
    ++k_;
    draw_next();
  }
  if (due_ < end_) effects.set_timer(timer_due, due_ - input.local);
}

void OpenLoop::offer(const Input& input, Effects& effects, const Load::Item& item) {
  // By the load's own number, so that compared systems see the same reads.
  if (options_.read_share_ppb > 0 &&
      draw_ppb(input.draw(Purpose("client.read"), k_), options_.read_share_ppb)) {
    wallet_->skip(item);
    reads_.ask(input, effects, k_, effects.crypto().account(item.payer), due_);
    return;
  }
  Wallet::Written written = wallet_->write(effects.crypto(), item, k_);
  Open open;
  open.tx = std::move(written.transaction);
  open.slip = written.slip;
  open.due = due_;
  ++offered_;
  // A request, from the date it is due; in state mode its envelopes count for it.
  effects.submit(open.tx, due_);
  const std::size_t outstanding = open_.size() + (endorsing_ ? endorsing_->open() : 0);
  const bool dropped = !written.payable ||
                       (options_.max_outstanding != 0 && outstanding >= options_.max_outstanding);
  if (dropped) {
    // Dropped unsent: what it would have used is there for the next.
    ++given_up_;
    effects.give_up(open.tx->id);
    return;
  }
  wallet_->sent(open.slip);
  if (endorsing_) {
    endorsing_->begin(input, effects, {open.tx, open.slip, due_});
    return;
  }
  const TxId id = open.tx->id;
  Open& kept = *open_.try_emplace(id, std::move(open)).first;
  ask(input, effects, kept, target_);
}

/// What is ordered is the envelope, submitted with the date its proposal was due; an envelope found
/// invalid is followed by another one of the same proposal.
void OpenLoop::take(const Input& input, Effects& effects, Endorsing::Outcome outcome) {
  for (const Endorsing::Proposed& dropped : outcome.dropped) {
    wallet_->given_up(dropped.slip);
    ++given_up_;
    effects.give_up(dropped.proposal->id);
  }
  for (Endorsing::Ready& ready : outcome.ready) {
    Open open;
    open.tx = std::move(ready.envelope);
    open.proposal = std::move(ready.proposed.proposal);
    open.slip = ready.proposed.slip;
    open.due = ready.proposed.due;
    open.conflicts = ready.proposed.conflicts;
    effects.submit(open.tx, open.due);
    const TxId id = open.tx->id;
    ask(input, effects, *open_.try_emplace(id, std::move(open)).first, target_);
  }
}

void OpenLoop::ask(const Input& input, Effects& effects, Open& open, NodeId whom) {
  ++open.attempt;
  open.asked_at = input.local;
  // Castro, Liskov section 4.1: if no replies come soon enough, the request goes to all.
  if (policy_.ask == ClientPolicy::Ask::all ||
      (policy_.ask == ClientPolicy::Ask::primary && open.repeats > 0)) {
    open.asked = no_node;
    effects.multicast(everybody_, Request{open.tx});
  } else {
    open.asked = whom;
    effects.send(whom, Request{open.tx});
  }
  unanswered_.push_back({input.local + options_.retry_timeout, open.tx->id, open.attempt});
}

// --- waiting -------------------------------------------------------------------------------------

void OpenLoop::arm(const Input& input, Effects& effects) {
  Time earliest = time_never;
  if (!unanswered_.empty()) earliest = unanswered_.front().until;
  if (!postponed_.empty()) earliest = std::min(earliest, postponed_.front().until);
  // A timer that is too early is set again when it fires: cheaper than moving it at every reply.
  if (earliest >= armed_) return;
  armed_ = earliest;
  effects.set_timer(timer_wait, std::max(earliest - input.local, Duration::zero()));
}

void OpenLoop::take_due(std::deque<Wait>& waits, const Input& input, Effects& effects) {
  while (!waits.empty()) {
    const Wait wait = waits.front();
    const Open* open = open_.find(wait.id);
    const bool live = open && open->attempt == wait.attempt;
    if (live && wait.until > input.local) return;
    waits.pop_front();
    if (live) repeat(input, effects, wait);
  }
}

void OpenLoop::repeat(const Input& input, Effects& effects, const Wait& wait) {
  Open& open = *open_.find(wait.id);
  if (options_.give_up_after > Duration::zero() &&
      input.local - open.due >= options_.give_up_after) {
    wallet_->given_up(open.slip);
    give_up(effects, wait.id);
    return;
  }
  ++open.repeats;
  open.redirects = 0;
  NodeId whom = target_;
  if (policy_.ask != ClientPolicy::Ask::all && policy_.ask != ClientPolicy::Ask::primary) {
    // Not a word since we asked: it is down or cut off, so nobody new is sent there either.
    if (open.asked == target_ && target_heard_ < open.asked_at) turn_to(after(target_));
    whom = target_;
    if (policy_.ask == ClientPolicy::Ask::home && open.repeats % 2 == 0) {
      // Its own node may be back, or have lost its pool in between.
      whom = target_ != home_ ? home_ : (home_ + open.repeats / 2) % replicas_;
    }
  }
  ask(input, effects, open, whom);
}

void OpenLoop::turn_to(NodeId replica) {
  if (replica == target_) return;
  target_ = replica;
  target_heard_ = Time::min();
}

/// Asks the next replica after a short wait.
void OpenLoop::ask_later(const Input& input, Open& open) {
  if (open.asked == target_) turn_to(after(target_));
  open.redirects = 0;
  open.asked = no_node;
  ++open.attempt;
  postponed_.push_back({input.local + options_.redirect_backoff, open.tx->id, open.attempt});
}

// --- answers -------------------------------------------------------------------------------------

template <class R>
void OpenLoop::on_reply(const Input& input, Effects& effects, const R& reply) {
  Open* open = open_.find(reply.transaction);
  if (!open) return;
  if (policy_.ask == ClientPolicy::Ask::home && input.from == home_) turn_to(home_);
  const Outcome outcome{reply.height, reply.block, reply.outcome};
  // A replica has one vote; its last word counts.
  std::erase_if(open->votes, [&](const Vote& v) { return v.from == input.from; });
  open->votes.push_back({input.from, outcome, std::is_same_v<R, TentativeReply>});
  std::uint32_t equal = 0;
  std::uint32_t final = 0;
  for (const Vote& v : open->votes) {
    if (v.outcome != outcome) continue;
    ++equal;
    final += !v.tentative;
  }
  if (final < replies_needed_ && (tentative_needed_ == 0 || equal < tentative_needed_)) return;
  conclude(input, effects, reply.transaction, reply.height, reply.outcome);
}

void OpenLoop::conclude(const Input& input, Effects& effects, const TxId& id, Height height,
                        TxOutcome outcome) {
  Open* open = open_.find(id);
  if (!open) return;
  if (endorsing_ && outcome != TxOutcome::succeeded) {
    // Ordered and found invalid: the envelope is spent, the proposal is not.
    Endorsing::Proposed proposed{std::move(open->proposal), open->slip, open->due, open->conflicts};
    effects.give_up(id);
    open_.erase(id);
    endorsing_->again(input, effects, std::move(proposed));
    return;
  }
  wallet_->settled(open->slip, outcome);
  if (outcome != TxOutcome::succeeded) {
    give_up(effects, id);
    return;
  }
  ++done_;
  effects.acknowledge(id, height);
  open_.erase(id);
}

void OpenLoop::on_redirect(const Input& input, Effects& effects, const Redirect& redirect) {
  Open* open = open_.find(redirect.transaction);
  if (policy_.ask == ClientPolicy::Ask::primary && redirect.leader < replicas_) {
    turn_to(redirect.leader);  // for what comes next; this one was passed on
  }
  if (policy_.ask != ClientPolicy::Ask::leader) return;
  if (redirect.leader < replicas_ && redirect.leader != input.from && input.from == target_) {
    turn_to(redirect.leader);
  }
  // Only who was asked last can send us on; an older answer is overtaken.
  if (!open || open->asked != input.from) return;
  // Two nodes that name each other would send us to and fro.
  if (redirect.leader < replicas_ && open->redirects < replicas_) {
    ++open->redirects;
    ask(input, effects, *open, redirect.leader);
  } else {
    ask_later(input, *open);
  }
}

void OpenLoop::on_refused(const Input& input, Effects& effects, const Refused& refused) {
  Open* open = open_.find(refused.transaction);
  if (!open) return;
  switch (refused.reason) {
    case Refusal::pool_full:
    case Refusal::fee_too_low:
      return;  // there may be room when we ask again
    case Refusal::nonce_used:
      // Perhaps by this very transaction, in a block that is not final or that the replica does not
      // remember since it restarted: its reply, or another's, follows.
      return;
    case Refusal::malformed:
    case Refusal::bad_signature:
    case Refusal::unaffordable:
      break;
  }
  // One liar must not talk a client out of it: as many must agree as for a reply.
  std::vector<NodeId>& by = open->refused_by;
  if (std::find(by.begin(), by.end(), input.from) == by.end()) by.push_back(input.from);
  if (by.size() >= refusals_needed_) {
    wallet_->given_up(open->slip);
    give_up(effects, refused.transaction);
  } else if (open->asked == input.from) {
    ask_later(input, *open);
  }
}

void OpenLoop::give_up(Effects& effects, const TxId& id) {
  ++given_up_;
  effects.give_up(id);
  const Open* open = open_.find(id);
  if (open && open->proposal) effects.give_up(open->proposal->id);
  open_.erase(id);
}

void OpenLoop::inspect(Inspector& inspector) const {
  inspector.field("offered", offered_);
  inspector.field("done", done_);
  inspector.field("given_up", given_up_);
  inspector.field("open", open_.size());
  inspector.field("target", std::uint64_t{target_});
  if (endorsing_) {
    inspector.field("endorsing", endorsing_->open());
    inspector.field("conflicts", endorsing_->conflicts());
    inspector.field("disagreements", endorsing_->disagreements());
  }
  inspector.field("reads", reads_.asked());
  inspector.field("reads_done", reads_.done());
}

}  // namespace ledgerlab::client
