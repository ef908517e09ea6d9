// B1, for Raft and PBFT: with zero costs, unlimited bandwidth, a disk without latency and a fixed
// leader, Raft commits a block at the leader exactly the floor(n/2)-th smallest round trip after it
// is proposed, to the nanosecond (validation/TARGETS.md section 4, B1 oracle), on the round trips
// between AWS regions and on SimBlock's four regions.
#include "sim/topology/data_path.hpp"
#include "sim/topology/latency_data.hpp"
#include "sim/validate/wan_oracle.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "\"" : ", \"") + item + "\"";
  return "[" + out + "]";
}

/// Nothing but latency takes time, and one transaction is on its way at a time.
TestScenario ideal_world(std::string_view protocol, const std::string& data,
                         const std::vector<std::string>& regions) {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, protocol);
  setup.replicas = static_cast<std::uint32_t>(regions.size());
  setup.clients = 1;
  setup.duration = seconds(20);
  setup.latency = "\"" + data + "\"";
  setup.placement = quoted_list(regions);
  setup.bandwidth = "unlimited";
  setup.disk_sync = "0 s";
  setup.disk_write = "unlimited";
  setup.costs = "zero";
  setup.rate = "1 tx/s";
  return setup;
}

/// Runs and returns how long every commit took at the leader.
std::vector<Duration> commit_times(const std::string& data, const std::vector<std::string>& regions,
                                   NodeId leader) {
  TestScenario setup = ideal_world("raft", data, regions);
  setup.params = "initial_leader = " + std::to_string(leader) +
                 ", election_timeout_min = \"5 s\", election_timeout_max = \"10 s\", "
                 "heartbeat_interval = \"1 s\"";
  validate::CommitWatch watch(leader);
  BuildOptions options;
  options.sinks = {&watch};
  Ran run(setup.plan(1), options);
  const std::vector<Duration> times = watch.took(leader);
  EXPECT_EQ(watch.proposed().size(), times.size());
  EXPECT_GT(times.size(), 5u);
  return times;
}

TEST(B1, RaftOnTheAwsMatrix) {
  const LatencyData data = load_latency_data(find_data("aws-21", ""));
  std::vector<std::string> all;
  for (const LatencyRegion& region : data.regions) all.push_back(region.id);
  const std::vector<std::vector<std::string>> places{
      all,
      {"us-west-2", "eu-west-1", "sa-east-1", "ap-southeast-2"},
      {"us-east-1", "eu-north-1", "ap-southeast-2", "us-west-1", "ap-northeast-1"},
      {"eu-central-1", "eu-central-1", "us-east-1"}};
  for (const auto& regions : places) {
    const validate::Matrix latency = validate::matrix_of(data, regions);
    const std::size_t step = regions.size() > 10 ? 4 : 1;
    for (NodeId leader = 0; leader < regions.size(); leader += static_cast<NodeId>(step)) {
      const Duration expected = validate::raft_commit(latency, leader);
      for (const Duration took : commit_times("aws-21", regions, leader)) {
        EXPECT_EQ(took, expected) << regions.size() << " replicas, leader in " << regions[leader];
      }
    }
  }
}

// TARGETS section 4: SimBlock 2019 read as one-way latencies, n = 4 in NA, EU, AP, JP: leader NA
// commits after 302 ms, leader EU after 474 ms.
TEST(B1, RaftOnSimBlockRegions) {
  const std::vector<std::string> regions{"na", "eu", "ap", "jp"};
  for (const Duration took : commit_times("simblock-2019", regions, 0)) EXPECT_EQ(took, ms(302));
  for (const Duration took : commit_times("simblock-2019", regions, 1)) EXPECT_EQ(took, ms(474));
}

// --- PBFT ----------------------------------------------------------------------------------------

void expect_commits(const std::string& data, const std::vector<std::string>& regions,
                    const std::vector<Duration>& expected) {
  TestScenario setup = ideal_world("pbft", data, regions);
  setup.params =
      "view_timeout = \"30 s\", view_timeout_max = \"60 s\", "
      "status_interval = \"5 s\", checkpoint_interval = 100, water_mark_window = 200";
  validate::CommitWatch watch(0);
  BuildOptions options;
  options.sinks = {&watch};
  Ran run(setup.plan(1), options);
  ASSERT_GT(watch.proposed().size(), 5u);
  for (NodeId node = 0; node < regions.size(); ++node) {
    const std::vector<Duration> times = watch.took(node);
    ASSERT_EQ(times.size(), watch.proposed().size());
    for (const Duration took : times) {
      EXPECT_EQ(took, expected[node])
          << "node " << node << " in " << regions[node] << ", primary in " << regions[0];
    }
  }
}

TEST(B1, PbftOnTheAwsMatrix) {
  const LatencyData data = load_latency_data(find_data("aws-21", ""));
  std::vector<std::string> all;
  for (const LatencyRegion& region : data.regions) all.push_back(region.id);
  const std::vector<std::vector<std::string>> places{
      all,
      {"us-west-2", "eu-west-1", "sa-east-1", "ap-southeast-2"},
      {"us-east-1", "eu-north-1", "ap-southeast-2", "us-west-1", "ap-northeast-1"},
      {"sa-east-1", "us-east-1", "eu-north-1", "ap-southeast-2", "us-west-1", "ap-northeast-1"},
      {"eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "sa-east-1", "ap-south-1",
       "ap-northeast-1"}};
  for (const auto& regions : places) {
    expect_commits("aws-21", regions,
                   validate::pbft_commits(validate::matrix_of(data, regions), 0));
  }
}

// TARGETS section 4: SimBlock 2019 read as one-way latencies, n = 4 in NA, EU, AP, JP: with the
// primary in NA they commit after 407, 446, 500, 453 ms, with the primary in EU after 508, 527,
// 601, 554 ms.
TEST(B1, PbftOnSimBlockRegions) {
  const LatencyData data = load_latency_data(find_data("simblock-2019", ""));
  const std::vector<Duration> from_na{ms(407), ms(446), ms(500), ms(453)};
  EXPECT_EQ(validate::pbft_commits(validate::matrix_of(data, {"na", "eu", "ap", "jp"}), 0),
            from_na);
  expect_commits("simblock-2019", {"na", "eu", "ap", "jp"}, from_na);
  const std::vector<Duration> from_eu{ms(527), ms(508), ms(601), ms(554)};
  EXPECT_EQ(validate::pbft_commits(validate::matrix_of(data, {"eu", "na", "ap", "jp"}), 0),
            from_eu);
  expect_commits("simblock-2019", {"eu", "na", "ap", "jp"}, from_eu);
}

}  // namespace
}  // namespace ledgerlab::contract
