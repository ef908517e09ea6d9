// B1: with zero costs, unlimited bandwidth, a disk without latency and a fixed leader, Raft commits
// a block at the leader exactly the floor(n/2)-th smallest round trip after it is proposed, to the
// nanosecond (validation/TARGETS.md section 4, B1 oracle), on the round trips between AWS regions
// and on SimBlock's four regions.
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

/// Runs and returns how long every commit took at the leader.
std::vector<Duration> commit_times(const std::string& data, const std::vector<std::string>& regions,
                                   NodeId leader) {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, "raft");
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

}  // namespace
}  // namespace ledgerlab::contract
