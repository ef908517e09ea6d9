// Purposes of clause 7.1.5.3: the transaction pool and what is checked before acceptance.
#include <algorithm>
#include <map>
#include <set>

#include "conformance/purposes/mempool/script.hpp"
#include "conformance/suite/purpose.hpp"
#include "models/api/client_messages.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr NodeId replicas = 4;

/// What replicas said to clients and held in their pools; changes nothing.
struct Watched {
  std::map<TxId, std::size_t> mark;  // of every request seen
  std::map<std::size_t, std::set<Refusal>> refused;
  std::uint64_t most_held = 0;
  std::uint64_t evicted = 0;
};

class PoolReader final : public Inspector {
 public:
  void field(std::string_view name, std::string value) override {
    if (name.ends_with("pool.transactions")) held = std::stoull(value);
    if (name.ends_with("pool.evicted")) evicted = std::stoull(value);
  }
  std::uint64_t held = 0, evicted = 0;
};

class Watching final : public Wrapped {
 public:
  Watching(std::unique_ptr<Module> inner, std::shared_ptr<Watched> seen)
      : Wrapped(std::move(inner)), seen_(std::move(seen)) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver) {
      if (const auto* request = input.message->as<Request>()) {
        if (const auto mark = mark_of(*request->transaction)) {
          seen_->mark[request->transaction->id] = *mark;
        }
      }
    }
    Wrapped::step(input, effects);
    for (const Effect& e : effects.list()) {
      if (e.kind != EffectKind::send) continue;
      const auto* refused = effects.message_of(e).as<Refused>();
      if (!refused) continue;
      const auto mark = seen_->mark.find(refused->transaction);
      if (mark != seen_->mark.end()) seen_->refused[mark->second].insert(refused->reason);
    }
    PoolReader reader;
    inspect(reader);
    seen_->most_held = std::max(seen_->most_held, reader.held);
    seen_->evicted = std::max(seen_->evicted, reader.evicted);
  }

 private:
  std::shared_ptr<Watched> seen_;
};

Wrap watch(const std::shared_ptr<Watched>& seen) {
  return [seen](NodeId, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    return std::make_unique<Watching>(std::move(inner), seen);
  };
}

/// The final history, replayed here by the ledger's rule in the suite's own words.
struct Replayed {
  std::map<std::size_t, std::uint32_t> in_blocks;  // by line: how often
  std::map<std::size_t, Height> effective;         // by line: where it took effect
  std::map<std::uint32_t, std::uint32_t> of_group;
  std::uint32_t nonces_used_twice = 0;
  std::uint32_t total = 0;
};

Replayed replay(const Ran& ran, const std::vector<Line>& lines) {
  std::map<Height, BlockRef> chain;
  for (const auto& node : ran.history->nodes) {
    for (const History::Announcement& a : node.finals) {
      const auto block = ran.history->blocks.find(a.tag);
      if (a.height > 0 && block != ran.history->blocks.end()) chain.emplace(a.height, block->second);
    }
  }
  struct Account {
    std::uint64_t nonce = 0;
    U256 balance;
  };
  std::map<Address, Account> accounts;
  std::set<std::pair<Address, std::uint64_t>> used;
  const U256 start(ran.plan->genesis.balance);
  Replayed out;
  for (const auto& [height, block] : chain) {
    for (const TxRef& tx : block->payload->transactions) {
      const auto mark = mark_of(*tx);
      if (!mark || *mark >= lines.size()) continue;
      ++out.in_blocks[*mark];
      ++out.total;
      const Transfer& t = decode_transfer(*tx)->transfer;
      Account& from = accounts.try_emplace(t.from, Account{0, start}).first->second;
      const U256 cost = t.value + U256(t.fee);
      if (t.nonce != from.nonce || from.balance < cost) continue;
      from.balance = from.balance - cost;
      ++from.nonce;
      accounts.try_emplace(t.to, Account{0, start}).first->second.balance += t.value;
      out.effective.emplace(*mark, height);
      out.nonces_used_twice += !used.emplace(t.from, t.nonce).second;
      if (lines[*mark].fate == Fate::one_of) ++out.of_group[lines[*mark].group];
    }
  }
  return out;
}

struct Played {
  Ran ran;
  std::vector<Line> lines;
  std::shared_ptr<Watched> seen = std::make_shared<Watched>();
  Replayed replayed;
};

Played play(Trial& trial, Scenario s, const std::string& script) {
  Played out;
  const Duration run = trial.protocol.contract.run;
  const Duration settle = is_lottery(trial.protocol) ? 2 * run : seconds(2);
  s.replicas = replicas;
  s.clients = script_clients;
  s.rate = "0 tx/s";
  s.client = "model = \"scripted\"\nscript = \"" + script + "\"\nbegin = \"5 s\"\nsettle = " +
             written(settle) + "\n";
  s.duration = seconds(5) + seconds(12) + 2 * settle;
  s.drain = 3 * settle;
  RunHooks hooks;
  hooks.wrap = watch(out.seen);
  out.ran = trial.run(s, hooks);
  out.lines = script_lines(script, out.ran.plan->genesis.balance, settle);
  out.replayed = replay(out.ran, out.lines);
  trial.check_promises(out.ran);
  return out;
}

// --- 7.1.5.3-a: the pool ---------------------------------------------------------------------------

void crowd(Trial& trial) {
  Scenario s;
  s.name = "burst beyond capacity";
  s.latency = is_lottery(trial.protocol) ? "\"5 ms\"" : "\"100 ms\"";
  s.accounts = burst_all + 1;
  s.params = "block_max_transactions = 4";
  s.system = "mempool_params = { max_transactions = " + std::to_string(burst_capacity) + " }\n";
  const Played p = play(trial, s, "burst");
  // What was in blocks while the burst still came in made room for others.
  const Time over{seconds(5) + ms(20) + (is_lottery(trial.protocol) ? ms(200) : ms(150))};
  std::set<std::uint64_t> early;
  std::uint32_t early_transactions = 0;
  for (const auto& node : p.ran.history->nodes) {
    for (const History::Announcement& a : node.heads) {
      if (a.at <= over && early.insert(a.tag).second) {
        early_transactions += static_cast<std::uint32_t>(
            p.ran.history->blocks.at(a.tag)->payload->transactions.size());
      }
    }
  }
  std::vector<std::pair<std::uint64_t, std::size_t>> by_fee;
  for (std::size_t i = 0; i < p.lines.size(); ++i) by_fee.emplace_back(p.lines[i].fee, i);
  std::sort(by_fee.rbegin(), by_fee.rend());
  std::uint32_t best_lost = 0;
  for (std::size_t i = 0; i < burst_capacity; ++i) {
    best_lost += p.replayed.effective.count(by_fee[i].second) == 0;
  }
  trial.note("capacity " + std::to_string(burst_capacity) + ", offered at once " +
             std::to_string(burst_all) + ", most held by a pool " +
             std::to_string(p.seen->most_held) + ", thrown out " +
             std::to_string(p.seen->evicted) + ", final " +
             std::to_string(p.replayed.effective.size()) + " (" +
             std::to_string(early_transactions) + " left for blocks while the burst came in)");
  trial.check(p.seen->most_held <= burst_capacity, "no pool ever held more than its capacity");
  trial.check(best_lost == 0, "none of the " + std::to_string(burst_capacity) +
                                  " best-paying transactions was thrown out (lost: " +
                                  std::to_string(best_lost) + ")");
  trial.check(p.replayed.effective.size() <= burst_capacity + early_transactions,
              "what paid less gave way: no more became final than the pool can hold");
  if (p.seen->evicted == 0) trial.inconclusive("the pool never had to throw anything out");
}

/// A partition that heals: what was in blocks of the losing side has to come back.
void reorganised(Trial& trial) {
  Scenario s;
  s.name = "reorganisation";
  s.replicas = replicas;
  s.clients = 4;
  s.swarm_params = true;
  s.rate = "20 tx/s";
  s.client = "home_retry_timeout = \"1 h\"\nretry_timeout = \"1 h\"\n";
  const Duration run = trial.protocol.contract.run;
  s.extra = "[[faults]]\nkind = \"partition\"\nat = " + written(run / 2) +
            "\nuntil = " + written(run) + "\ngroups = [[0, 1, 4, 5], [2, 3, 6, 7]]\n";
  s.duration = run + run / 2;
  s.drain = liveness_bound(*trial.plan(s));
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  const double offered = ran.metric("transactions_accepted");
  const double committed = ran.metric("transactions_committed");
  trial.note("deepest reorganisation " + decimal(ran.metric("reorg_depth_max"), 0) +
             " blocks; accepted " + decimal(offered, 0) + ", final " + decimal(committed, 0));
  if (ran.metric("reorg_depth_max") < 1) trial.inconclusive("the partition reverted no block");
  trial.check(offered > 0 && committed == offered,
              "everything a pool had accepted became final, reverted or not");
}

void capacity(Trial& trial) {
  crowd(trial);
  if (is_lottery(trial.protocol)) {
    reorganised(trial);
  } else {
    trial.note("no reorganisation to survive: what is decided is never reverted");
  }
}

// --- 7.1.5.3-b, c: balance and sequence number -----------------------------------------------------

/// Counts of lines that ended otherwise than they should.
struct Astray {
  std::map<Fate, std::uint32_t> wrong, all;
  void count(Fate fate, bool as_it_should) {
    ++all[fate];
    wrong[fate] += !as_it_should;
  }
};

bool ended_well(const Played& p, std::size_t i) {
  const Line& line = p.lines[i];
  const auto in_block = p.replayed.in_blocks.find(i);
  const std::uint32_t times = in_block == p.replayed.in_blocks.end() ? 0 : in_block->second;
  const bool effective = p.replayed.effective.contains(i);
  const auto said = [&](Refusal reason) {
    const auto refused = p.seen->refused.find(i);
    return refused != p.seen->refused.end() && refused->second.contains(reason);
  };
  switch (line.fate) {
    case Fate::final:
    case Fate::repeated:
      return times == 1 && effective;
    case Fate::unaffordable:
      return times == 0 && said(Refusal::unaffordable);
    case Fate::nonce_used:
      return times == 0 && said(Refusal::nonce_used);
    case Fate::too_far:
      return times == 0 && said(Refusal::pool_full);
    case Fate::waits:
      return times == 0;
    case Fate::one_of: {
      const auto group = p.replayed.of_group.find(line.group);
      return group == p.replayed.of_group.end() || group->second <= 1;
    }
    case Fate::crowded:
      return true;
  }
  return false;
}

Astray count_astray(const Played& p) {
  Astray out;
  for (std::size_t i = 0; i < p.lines.size(); ++i) out.count(p.lines[i].fate, ended_well(p, i));
  return out;
}

void check_fate(Trial& trial, const Astray& astray, Fate fate, const std::string& text) {
  const auto all = astray.all.find(fate);
  if (all == astray.all.end()) return;
  const std::uint32_t wrong = astray.wrong.at(fate);
  trial.check(wrong == 0, text + " (" + std::to_string(all->second - wrong) + " of " +
                              std::to_string(all->second) + ")");
}

void balances(Trial& trial) {
  Scenario s;
  s.name = "spending";
  s.accounts = 64;
  const Played p = play(trial, s, "spend");
  const Astray astray = count_astray(p);
  check_fate(trial, astray, Fate::final, "spending exactly the balance succeeds");
  check_fate(trial, astray, Fate::unaffordable,
             "one unit more is refused as unaffordable and is in no block");
  check_fate(trial, astray, Fate::one_of,
             "of two payments that cannot both be made at most one takes effect");
}

void sequence_numbers(Trial& trial) {
  Scenario s;
  s.name = "sequence numbers";
  s.accounts = 64;
  const Played p = play(trial, s, "nonces");
  const Astray astray = count_astray(p);
  check_fate(trial, astray, Fate::final, "numbers in order are final, one that came early included");
  check_fate(trial, astray, Fate::nonce_used, "a used number is refused as used, in no block");
  check_fate(trial, astray, Fate::repeated, "a transaction sent again is final once");
  check_fate(trial, astray, Fate::waits, "a number whose predecessors never come stays out");
  check_fate(trial, astray, Fate::too_far, "a number too far ahead is refused as such");
  check_fate(trial, astray, Fate::one_of, "of two transactions of one number one at most counts");
  trial.check(p.replayed.nonces_used_twice == 0, "no sequence number took effect twice");
}

void flood(Trial& trial) {
  Scenario s;
  s.name = "flood";
  s.accounts = 902;
  s.system = "mempool_params = { max_transactions = 200, min_fee = 1 }\n";
  const Played p = play(trial, s, "flood");
  const Astray astray = count_astray(p);
  trial.note("flood of " + std::to_string(p.lines.size() - astray.all.at(Fate::final)) +
             " worthless transactions for " + std::to_string(astray.all.at(Fate::final)) +
             " honest ones; most held by a pool " + std::to_string(p.seen->most_held));
  const double share = 1.0 - static_cast<double>(astray.wrong.at(Fate::final)) /
                                 static_cast<double>(astray.all.at(Fate::final));
  trial.check(share >= 0.9, "at least 90 % of the honest transactions are final (" +
                                decimal(100 * share, 1) + " %)");
  check_fate(trial, astray, Fate::unaffordable, "what nobody can pay is refused, in no block");
  std::uint32_t underpriced = 0;
  for (std::size_t i = 0; i < p.lines.size(); ++i) {
    underpriced += p.lines[i].fee == 0 && p.replayed.in_blocks.contains(i);
  }
  trial.check(underpriced == 0, "nothing below the lowest fee is in a block");
}

std::string needs_reorganisation(const ModelInfo& protocol) {
  return is_lottery(protocol) ? "" : "reverts no block";
}

}  // namespace

std::vector<Purpose> mempool_purposes() {
  std::vector<Purpose> list(4);
  const std::vector<std::string> believing{"systems.0.mempool=pool_believing"};
  Purpose& a = list[0];
  a.id = "TP-7.1.5.3-a";
  a.clauses = {"F7512-7.1.5.3-a"};
  a.component = "mempool";
  a.title = "The pool is bounded, throws out by the documented order, and loses nothing it owes";
  a.selector = "every system; the reorganisation where blocks can be reverted";
  a.initial = "pools of 120 transactions";
  a.stimulus =
      "320 transactions with distinct fees at once; for lotteries also a partition that heals";
  a.predicate =
      "no pool ever holds more than 120; the 120 best-paying all become final and no more than fit; "
      "after the reorganisation every accepted transaction becomes final";
  a.not_applicable = applies_to_all;
  a.execute = capacity;
  a.twins = {{"upside-down", "throws out the highest fee first", nullptr,
              {"systems.0.mempool=pool_upside_down"}, "burst beyond capacity"},
             {"boundless", "holds ten times its declared capacity", nullptr,
              {"systems.0.mempool_params.max_transactions=1200"}, "burst beyond capacity"},
             {"forgets-reverted", "lets go of transactions whose block was reverted", nullptr,
              {"systems.0.mempool=pool_forgetful"}, "reorganisation", needs_reorganisation}};
  Purpose& b = list[1];
  b.id = "TP-7.1.5.3-b";
  b.clauses = {"F7512-7.1.5.3-b"};
  b.component = "mempool";
  b.title = "Nobody spends what is not there";
  b.selector = "every system";
  b.initial = "accounts with equal balances";
  b.stimulus =
      "payments of exactly the balance, of one unit more, two of one number through two nodes at "
      "once, and two in a row that exceed the balance together";
  b.predicate =
      "the exact ones are final, the larger ones refused and in no block, of each pair at most one "
      "takes effect, by a replay of the final history in the suite's own words";
  b.not_applicable = applies_to_all;
  b.execute = balances;
  b.twins = {{"believing-pool", "admits what the ledger's check refuses", nullptr, believing, ""},
             {"rich-ledger", "lets every account spend ten times its balance", nullptr,
              {"systems.0.ledger=account_rich"}, ""}};
  Purpose& c = list[2];
  c.id = "TP-7.1.5.3-c";
  c.clauses = {"F7512-7.1.5.3-c"};
  c.component = "mempool";
  c.title = "Every sequence number counts once, in order";
  c.selector = "every system";
  c.initial = "accounts that have sent nothing";
  c.stimulus = "replays, used numbers, gaps that close, gaps that stay, numbers far ahead, pairs";
  c.predicate = "each gets the documented answer, and no number takes effect twice";
  c.not_applicable = applies_to_all;
  c.execute = sequence_numbers;
  c.twins = {{"believing-pool", "admits what the ledger's check refuses", nullptr, believing, ""}};
  Purpose& e = list[3];
  e.id = "TP-7.1.5.3-e";
  e.clauses = {"F7512-7.1.5.3-e"};
  e.component = "mempool";
  e.title = "A flood of worthless transactions does not drown the honest ones";
  e.selector = "every system";
  e.initial = "pools of 200 transactions, lowest fee 1";
  e.stimulus = "ten underpriced or unaffordable transactions for every honest one";
  e.predicate = "at least 90 % of the honest ones are final, none of the worthless is in a block";
  e.left_out = "no oversized transactions: the scripted client sends transfers only";
  e.not_applicable = applies_to_all;
  e.execute = flood;
  e.twins = {{"believing-pool", "admits what the ledger's check refuses", nullptr, believing, ""}};
  return list;
}

}  // namespace ledgerlab::conformance
