// results.sqlite and the files beside it.
#include "sim/report/results.hpp"

#include <sqlite3.h>

#include <fstream>
#include <limits>

namespace ledgerlab {
namespace {

constexpr const char* schema_sql = R"(
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY, system TEXT NOT NULL, protocol TEXT NOT NULL, engine TEXT NOT NULL,
  seed TEXT NOT NULL, plan_digest TEXT NOT NULL, trace_hash TEXT NOT NULL,
  saturated INTEGER NOT NULL, inconclusive INTEGER NOT NULL, interrupted INTEGER NOT NULL,
  wall_s REAL NOT NULL, cpu_s REAL NOT NULL, events INTEGER NOT NULL, deliveries INTEGER NOT NULL,
  peak_rss_bytes INTEGER NOT NULL, expect TEXT NOT NULL,
  measured_from_ns INTEGER, measured_until_ns INTEGER, ended_ns INTEGER,
  UNIQUE (system, plan_digest, seed));
CREATE TABLE IF NOT EXISTS parameters (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  slot TEXT NOT NULL, model TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS metrics (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  name TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS series (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  name TEXT NOT NULL, at_ns INTEGER NOT NULL, value REAL NOT NULL);
CREATE TABLE IF NOT EXISTS latency (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  curve INTEGER NOT NULL, region TEXT NOT NULL, offered INTEGER NOT NULL, count INTEGER NOT NULL,
  p50_ms REAL NOT NULL, p95_ms REAL NOT NULL);
CREATE TABLE IF NOT EXISTS latency_points (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  curve INTEGER NOT NULL, share REAL NOT NULL, ms REAL NOT NULL);
CREATE TABLE IF NOT EXISTS blocks (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  height INTEGER NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, producer INTEGER,
  made_ns INTEGER NOT NULL, final_ns INTEGER, transactions INTEGER NOT NULL,
  bytes INTEGER NOT NULL, stale INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, at_ns INTEGER NOT NULL, until_ns INTEGER, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  verdict TEXT NOT NULL, checker TEXT NOT NULL, text TEXT NOT NULL, at_ns INTEGER NOT NULL,
  node INTEGER);
CREATE TABLE IF NOT EXISTS about (key TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cards (
  run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, line TEXT NOT NULL);
)";

/// From version 1 to 2; the new tables come with `schema_sql`.
constexpr const char* from_1_to_2_sql = R"(
BEGIN IMMEDIATE;
ALTER TABLE runs ADD COLUMN measured_from_ns INTEGER;
ALTER TABLE runs ADD COLUMN measured_until_ns INTEGER;
ALTER TABLE runs ADD COLUMN ended_ns INTEGER;
PRAGMA user_version = 2;
COMMIT;
)";

/// One prepared statement; binds in order, steps, reads in order.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    check(sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                            SQLITE_TRANSIENT));
    return *this;
  }
  Statement& bind(std::int64_t number) {
    check(sqlite3_bind_int64(statement_, ++bound_, number));
    return *this;
  }
  Statement& bind(double number) {
    check(sqlite3_bind_double(statement_, ++bound_, number));
    return *this;
  }
  /// NULL stands for "never" and "nobody".
  Statement& bind_time(Time time) {
    if (time != time_never) return bind(count_ns(time));
    check(sqlite3_bind_null(statement_, ++bound_));
    return *this;
  }
  Statement& bind_node(NodeId node) {
    if (node != no_node) return bind(std::int64_t{node});
    check(sqlite3_bind_null(statement_, ++bound_));
    return *this;
  }
  /// False at the end.
  bool step() {
    column_ = 0;
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  void run() {
    step();
    sqlite3_reset(statement_);
    bound_ = 0;
  }
  std::string text() {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column_));
    const int size = sqlite3_column_bytes(statement_, column_++);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
  }
  std::int64_t integer() { return sqlite3_column_int64(statement_, column_++); }
  double real() { return sqlite3_column_double(statement_, column_++); }
  Time time() {
    if (sqlite3_column_type(statement_, column_) != SQLITE_NULL) return time_at(integer());
    ++column_;
    return time_never;
  }
  NodeId node() {
    if (sqlite3_column_type(statement_, column_) != SQLITE_NULL) {
      return static_cast<NodeId>(integer());
    }
    ++column_;
    return no_node;
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) fail();
  }
  [[noreturn]] void fail() { throw ResultsError(sqlite3_errmsg(db_)); }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int column_ = 0;
};

/// Verdicts depend on what was expected, and the plan digest does not hold that.
std::string expectations(const SystemPlan& system) {
  std::string out;
  for (const std::string& checker : system.expect) out += checker + "\n";
  return out;
}

}  // namespace

struct RunDirectory::Database {
  sqlite3* db = nullptr;
  ~Database() { sqlite3_close(db); }

  void execute(const char* sql) const {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw ResultsError(sqlite3_errmsg(db));
    }
  }
  void insert_rows(std::int64_t run, const RunResult& result) const;
  void insert_parameters(std::int64_t run, const char* slot, const ModelChoice& choice) const;
  RunResult read(std::int64_t run) const;
  void read_latency(std::int64_t run, RunResult& out) const;
  void read_series_and_blocks(std::int64_t run, RunResult& out) const;
  void read_faults_and_verdicts(std::int64_t run, RunResult& out) const;
};

RunDirectory::RunDirectory(std::filesystem::path path)
    : path_(std::move(path)), database_(std::make_unique<Database>()) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  const std::string file = (path_ / "results.sqlite").string();
  const auto refuse = [&](const std::string& why) {
    throw ResultsError("results cannot be written to " + path_.string() + ": " + why +
                       "; free some space or choose another place with --out");
  };
  if (error) refuse(error.message());
  if (sqlite3_open(file.c_str(), &database_->db) != SQLITE_OK)
    refuse(sqlite3_errmsg(database_->db));
  try {
    int version = 0;
    {
      Statement query(database_->db, "PRAGMA user_version");
      if (query.step()) version = static_cast<int>(query.integer());
    }
    if (version < 0 || version > results_schema_version) {
      throw ResultsError(file + " has schema version " + std::to_string(version) +
                         ", this program reads and writes up to " +
                         std::to_string(results_schema_version) +
                         ": use the ledgerlab that wrote it, or another directory");
    }
    database_->execute(
        "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; "
        "PRAGMA busy_timeout = 5000;");
    if (version == 1) database_->execute(from_1_to_2_sql);
    database_->execute(schema_sql);
    database_->execute(("PRAGMA user_version = " + std::to_string(results_schema_version)).c_str());
  } catch (const ResultsError& e) {
    refuse(e.what());
  }
}

RunDirectory::~RunDirectory() = default;
RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;

void RunDirectory::write_file(const std::string& name, const std::string& text) {
  std::ofstream stream(path_ / name, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.flush();
  if (!stream) {
    throw ResultsError("cannot write " + (path_ / name).string() + ": is the disk full?");
  }
}

void RunDirectory::Database::insert_parameters(std::int64_t run, const char* slot,
                                               const ModelChoice& choice) const {
  if (!choice) return;
  Statement insert(db, "INSERT INTO parameters VALUES (?, ?, ?, ?, ?)");
  const std::string label = choice.info->label();
  for (const ParamInfo& info : choice.info->params) {
    const auto number = choice.params.numbers().find(info.key);
    const auto text = choice.params.texts().find(info.key);
    std::string value;
    if (number != choice.params.numbers().end()) value = format_value(info.type, number->second);
    if (text != choice.params.texts().end()) value = text->second;
    insert.bind(run).bind(std::string(slot)).bind(label).bind(info.key).bind(value).run();
  }
}

void RunDirectory::Database::insert_rows(std::int64_t run, const RunResult& result) const {
  Statement metric(db, "INSERT INTO metrics VALUES (?, ?, ?, ?)");
  for (const Metric& m : result.metrics)
    metric.bind(run).bind(m.name).bind(m.value).bind(m.unit).run();
  Statement series(db, "INSERT INTO series VALUES (?, ?, ?, ?)");
  for (const SeriesPoint& p : result.series) {
    series.bind(run).bind(p.name).bind(count_ns(p.at)).bind(p.value).run();
  }
  Statement latency(db, "INSERT INTO latency VALUES (?, ?, ?, ?, ?, ?, ?)");
  Statement point(db, "INSERT INTO latency_points VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < result.latency.size(); ++i) {
    const LatencyCurve& c = result.latency[i];
    const auto curve = static_cast<std::int64_t>(i);
    latency.bind(run).bind(curve).bind(c.region).bind(static_cast<std::int64_t>(c.offered));
    latency.bind(static_cast<std::int64_t>(c.count)).bind(c.p50_ms).bind(c.p95_ms).run();
    for (const LatencyPoint& p : c.points) {
      point.bind(run).bind(curve).bind(p.share).bind(p.ms).run();
    }
  }
  Statement block(db, "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const BlockRow& b : result.blocks) {
    block.bind(run).bind(static_cast<std::int64_t>(b.height)).bind(b.id).bind(b.parent);
    block.bind_node(b.producer).bind(count_ns(b.made)).bind_time(b.final);
    block.bind(std::int64_t{b.transactions}).bind(static_cast<std::int64_t>(b.bytes));
    block.bind(std::int64_t{b.stale}).run();
  }
  Statement fault(db, "INSERT INTO faults VALUES (?, ?, ?, ?, ?)");
  for (const FaultRow& f : result.faults) {
    fault.bind(run).bind(f.kind).bind(count_ns(f.at)).bind_time(f.until).bind(f.text).run();
  }
  Statement verdict(db, "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?)");
  const auto insert_findings = [&](const char* kind, const std::vector<Finding>& findings) {
    for (const Finding& f : findings) {
      verdict.bind(run).bind(std::string(kind)).bind(f.checker).bind(f.text);
      verdict.bind(count_ns(f.at)).bind_node(f.node).run();
    }
  };
  insert_findings("violation", result.violations);
  insert_findings("outcome", result.outcomes);
  Statement card(db, "INSERT INTO cards VALUES (?, ?)");
  for (const std::string& line : result.card) card.bind(run).bind(line).run();
}

void RunDirectory::describe(const About& about) {
  try {
    database_->execute("BEGIN IMMEDIATE; DELETE FROM about");
    Statement insert(database_->db, "INSERT INTO about VALUES (?, ?)");
    for (const auto& row : about_rows(about)) insert.bind(row.first).bind(row.second).run();
    database_->execute("COMMIT");
  } catch (const ResultsError& error) {
    abandon(error);
  }
}

std::optional<About> RunDirectory::about() const {
  AboutRows rows;
  Statement query(database_->db, "SELECT key, value FROM about ORDER BY rowid");
  while (query.step()) {
    std::string key = query.text();
    rows.emplace_back(std::move(key), query.text());
  }
  if (rows.empty()) return std::nullopt;
  return about_from_rows(rows);
}

void RunDirectory::abandon(const ResultsError& error) {
  sqlite3_exec(database_->db, "ROLLBACK", nullptr, nullptr, nullptr);
  throw ResultsError("results cannot be written to " + path_.string() + ": " + error.what() +
                     "; free some space or choose another place with --out");
}

void RunDirectory::store(const RunResult& run, const SystemPlan& system) {
  try {
    database_->execute("BEGIN IMMEDIATE");
    Statement old(database_->db,
                  "DELETE FROM runs WHERE system = ? AND plan_digest = ? AND seed = ?");
    old.bind(run.system).bind(run.plan_digest).bind(std::to_string(run.seed)).run();
    Statement insert(
        database_->db,
        "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?)");
    insert.bind(run.system).bind(run.protocol).bind(run.engine).bind(std::to_string(run.seed));
    insert.bind(run.plan_digest).bind(run.trace_hash).bind(std::int64_t{run.saturated});
    insert.bind(std::int64_t{run.inconclusive}).bind(std::int64_t{run.interrupted});
    insert.bind(run.cost.wall_s).bind(run.cost.cpu_s);
    insert.bind(static_cast<std::int64_t>(run.cost.events));
    insert.bind(static_cast<std::int64_t>(run.cost.deliveries));
    insert.bind(static_cast<std::int64_t>(run.cost.peak_rss_bytes));
    insert.bind(expectations(system)).bind_time(run.measured_from);
    insert.bind(count_ns(run.measured_until)).bind(count_ns(run.ended)).run();
    const std::int64_t id = sqlite3_last_insert_rowid(database_->db);
    for (const auto& [slot, choice] : system.slots()) {
      database_->insert_parameters(id, slot, *choice);
    }
    database_->insert_rows(id, run);
    database_->execute("COMMIT");
  } catch (const ResultsError& error) {
    abandon(error);
  }
}

RunResult RunDirectory::Database::read(std::int64_t run) const {
  RunResult out;
  Statement head(db,
                 "SELECT system, protocol, engine, seed, plan_digest, trace_hash, saturated, "
                 "inconclusive, interrupted, wall_s, cpu_s, events, deliveries, peak_rss_bytes, "
                 "measured_from_ns, measured_until_ns, ended_ns FROM runs "
                 "WHERE id = ?");
  if (!head.bind(run).step()) throw ResultsError("a run has vanished");
  out.system = head.text();
  out.protocol = head.text();
  out.engine = head.text();
  out.seed = std::stoull(head.text());
  out.plan_digest = head.text();
  out.trace_hash = head.text();
  out.saturated = head.integer() != 0;
  out.inconclusive = head.integer() != 0;
  out.interrupted = head.integer() != 0;
  out.cost.wall_s = head.real();
  out.cost.cpu_s = head.real();
  out.cost.events = static_cast<std::uint64_t>(head.integer());
  out.cost.deliveries = static_cast<std::uint64_t>(head.integer());
  out.cost.peak_rss_bytes = static_cast<std::uint64_t>(head.integer());
  out.measured_from = head.time();
  out.measured_until = time_at(head.integer());
  out.ended = time_at(head.integer());
  Statement metrics(db, "SELECT name, value, unit FROM metrics WHERE run = ? ORDER BY rowid");
  for (metrics.bind(run); metrics.step();) {
    Metric m;
    m.name = metrics.text();
    m.value = metrics.real();
    m.unit = metrics.text();
    out.metrics.push_back(std::move(m));
  }
  read_latency(run, out);
  read_series_and_blocks(run, out);
  read_faults_and_verdicts(run, out);
  return out;
}

void RunDirectory::Database::read_latency(std::int64_t run, RunResult& out) const {
  Statement curves(db,
                   "SELECT region, offered, count, p50_ms, p95_ms FROM latency WHERE run = ? "
                   "ORDER BY curve");
  for (curves.bind(run); curves.step();) {
    LatencyCurve c;
    c.region = curves.text();
    c.offered = static_cast<std::uint64_t>(curves.integer());
    c.count = static_cast<std::uint64_t>(curves.integer());
    c.p50_ms = curves.real();
    c.p95_ms = curves.real();
    out.latency.push_back(std::move(c));
  }
  Statement points(db, "SELECT curve, share, ms FROM latency_points WHERE run = ? ORDER BY rowid");
  for (points.bind(run); points.step();) {
    const auto curve = static_cast<std::size_t>(points.integer());
    if (curve >= out.latency.size()) throw ResultsError("a latency curve has lost its head");
    LatencyPoint p;
    p.share = points.real();
    p.ms = points.real();
    out.latency[curve].points.push_back(p);
  }
}

void RunDirectory::Database::read_series_and_blocks(std::int64_t run, RunResult& out) const {
  Statement series(db, "SELECT name, at_ns, value FROM series WHERE run = ? ORDER BY rowid");
  for (series.bind(run); series.step();) {
    SeriesPoint p;
    p.name = series.text();
    p.at = time_at(series.integer());
    p.value = series.real();
    out.series.push_back(std::move(p));
  }
  Statement blocks(db,
                   "SELECT height, id, parent, producer, made_ns, final_ns, transactions, bytes, "
                   "stale FROM blocks WHERE run = ? ORDER BY rowid");
  for (blocks.bind(run); blocks.step();) {
    BlockRow b;
    b.height = static_cast<Height>(blocks.integer());
    b.id = blocks.text();
    b.parent = blocks.text();
    b.producer = blocks.node();
    b.made = time_at(blocks.integer());
    b.final = blocks.time();
    b.transactions = static_cast<std::uint32_t>(blocks.integer());
    b.bytes = static_cast<std::uint64_t>(blocks.integer());
    b.stale = blocks.integer() != 0;
    out.blocks.push_back(std::move(b));
  }
}

void RunDirectory::Database::read_faults_and_verdicts(std::int64_t run, RunResult& out) const {
  Statement faults(db,
                   "SELECT kind, at_ns, until_ns, text FROM faults WHERE run = ? ORDER BY rowid");
  for (faults.bind(run); faults.step();) {
    FaultRow f;
    f.kind = faults.text();
    f.at = time_at(faults.integer());
    f.until = faults.time();
    f.text = faults.text();
    out.faults.push_back(std::move(f));
  }
  Statement verdicts(
      db, "SELECT verdict, checker, text, at_ns, node FROM verdicts WHERE run = ? ORDER BY rowid");
  for (verdicts.bind(run); verdicts.step();) {
    auto& list = verdicts.text() == "violation" ? out.violations : out.outcomes;
    Finding f;
    f.checker = verdicts.text();
    f.text = verdicts.text();
    f.at = time_at(verdicts.integer());
    f.node = verdicts.node();
    list.push_back(std::move(f));
  }
  Statement cards(db, "SELECT line FROM cards WHERE run = ? ORDER BY rowid");
  for (cards.bind(run); cards.step();) out.card.push_back(cards.text());
}

std::optional<RunResult> RunDirectory::find(const SystemPlan& system, std::uint64_t seed) const {
  Statement query(database_->db,
                  "SELECT id FROM runs WHERE system = ? AND plan_digest = ? AND seed = ? AND "
                  "interrupted = 0 AND expect = ? AND measured_from_ns IS NOT NULL");
  query.bind(system.name).bind(system.digest).bind(std::to_string(seed));
  query.bind(expectations(system));
  if (!query.step()) return std::nullopt;
  return database_->read(query.integer());
}

std::vector<RunResult> RunDirectory::all() const {
  std::vector<RunResult> out;
  Statement query(database_->db, "SELECT id FROM runs ORDER BY id");
  while (query.step()) out.push_back(database_->read(query.integer()));
  return out;
}

std::filesystem::path next_run_directory(const std::filesystem::path& parent,
                                         const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || c == '_') {
      safe += c;
    } else if (!safe.empty() && safe.back() != '-') {
      safe += '-';
    }
  }
  while (!safe.empty() && safe.back() == '-') safe.pop_back();
  if (safe.empty()) safe = "run";
  for (int number = 1;; ++number) {
    auto candidate = parent / (safe + "-" + std::to_string(number));
    std::error_code ignored;
    if (!std::filesystem::exists(candidate, ignored)) return candidate;
  }
}

}  // namespace ledgerlab
