// `_core`: scenarios, runs and results for the package `ledgerlab`. The GIL is released while a
// world runs; signals are looked at between slices of simulated time.
#include "pybind/src/core.hpp"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <atomic>
#include <chrono>
#include <optional>

#include "sim/engine/module.hpp"
#include "sim/report/render.hpp"
#include "sim/report/results.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"
#include "sim/topology/data_path.hpp"

namespace ledgerlab::python {
namespace {

/// Asks the runs that look at it to end cleanly.
struct Stop {
  std::atomic<bool> flag{false};
};

Document read_document(const std::optional<std::string>& text, const std::string& file,
                       const std::vector<std::string>& settings) {
  if (!text) return load_document(file, settings);
  Document document = parse_scenario(*text, file);
  for (const std::string& setting : settings) apply_setting(document, setting);
  return document;
}

/// A checked scenario for one seed, with the models it may name.
struct Scenario {
  std::shared_ptr<const Document> document;
  std::shared_ptr<const Registry> registry;
  Plan plan;

  Scenario(const std::optional<std::string>& text, const std::string& file,
           const std::vector<std::string>& settings, std::optional<std::uint64_t> seed,
           const std::vector<std::shared_ptr<Model>>& models)
      : document(std::make_shared<Document>(read_document(text, file, settings))) {
    auto all = std::make_shared<Registry>(builtin_models());
    for (const auto& model : models) all->add(model->info);
    registry = std::move(all);
    plan = load_plan(*document, *registry, seed);
  }
  Scenario(const Scenario& other, std::uint64_t seed)
      : document(other.document),
        registry(other.registry),
        plan(load_plan(*document, *registry, seed)) {}

  const SystemPlan& system(std::size_t index) const { return plan.systems.at(index); }
};

/// Names of consensus models in a document that is not checked yet: what has to be imported.
std::vector<std::string> consensus_names(const std::optional<std::string>& text,
                                         const std::string& file,
                                         const std::vector<std::string>& settings) {
  const Document document = read_document(text, file, settings);
  std::vector<std::string> out;
  const Entry* systems = document.root.find("systems");
  if (systems == nullptr) return out;
  for (const Value& item : systems->value.items) {
    const Entry* name = item.find("consensus");
    if (name != nullptr && name->value.type == Value::Type::text) out.push_back(name->value.text);
  }
  return out;
}

/// Between slices of simulated time: signals, then whoever wants to know how far it is.
class Watch {
 public:
  Watch(Stop& stop, py::object progress) : stop_(stop), progress_(std::move(progress)) {}

  void tell(const Progress& p) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(50) && p.now < p.end) return;
    last_ = now;
    const py::gil_scoped_acquire gil;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!progress_.is_none()) progress_(count_ns(p.now), count_ns(p.end), p.events);
    } catch (py::error_already_set&) {
      raised_ = std::current_exception();
      stop_.flag = true;
    }
  }
  void rethrow() const {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  Stop& stop_;
  py::object progress_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::exception_ptr raised_;
};

RunResult run(const Scenario& scenario, std::size_t system, Stop& stop, py::object progress,
              bool share, bool eager, const std::string& trace_file) {
  Watch watch(stop, std::move(progress));
  RunOptions options;
  options.stop = &stop.flag;
  options.share_results = share;
  options.eager = eager;
  options.trace_file = trace_file;
  options.progress = [&](const Progress& p) { watch.tell(p); };
  std::optional<RunResult> result;
  {
    const py::gil_scoped_release released;
    result = run_system(scenario.plan, scenario.system(system), options);
  }
  watch.rethrow();
  return *std::move(result);
}

py::list blocks_of(const RunResult& run) {
  py::list out;
  for (const BlockRow& b : run.blocks) {
    out.append(py::make_tuple(
        b.height, b.id, b.parent,
        b.producer == no_node ? py::object(py::none()) : py::cast(b.producer), count_ns(b.made),
        b.final == time_never ? py::object(py::none()) : py::cast(count_ns(b.final)),
        b.transactions, b.bytes, b.stale));
  }
  return out;
}

/// Resolved parameters of a system's consensus: numbers in base units, texts.
py::dict params_of(const Scenario& scenario, std::size_t system) {
  py::dict out;
  const Params& params = scenario.system(system).consensus.params;
  for (const auto& [key, value] : params.numbers()) out[py::str(key)] = value;
  for (const auto& [key, value] : params.texts()) out[py::str(key)] = value;
  return out;
}

const char* verdict_of(const Scenario& scenario, std::size_t system, const RunResult& run) {
  switch (judge(scenario.system(system), run)) {
    case Verdict::pass:
      return "pass";
    case Verdict::inconclusive:
      return "inconclusive";
    default:
      return "fail";
  }
}

/// Runs as `ledgerlab run --json` prints them.
std::string results_json(const std::string& name, const std::vector<RunResult>& runs,
                         const std::string& reproduce) {
  Plan plan;
  plan.name = name;
  return render_json(plan, runs, reproduce);
}

void save(const std::string& path, const std::vector<const Scenario*>& scenarios,
          const std::vector<std::size_t>& systems, const std::vector<RunResult>& runs) {
  const py::gil_scoped_release released;
  RunDirectory directory(path);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    directory.store(runs[i], scenarios[i]->system(systems[i]));
  }
  if (runs.empty()) return;
  const Plan& plan = scenarios.front()->plan;
  const PlanVersions versions = current_versions(plan.network.engine);
  directory.write_file("scenario.toml", scenarios.front()->document->source);
  for (std::size_t i = 0; i < plan.systems.size(); ++i) {
    const SystemPlan& system = plan.systems[i];
    directory.write_file(
        "plan-" + std::to_string(i + 1) + ".txt",
        "# " + system.name + " " + system.digest + "\n" + canonical_plan(plan, system, versions));
  }
}

std::vector<RunResult> load(const std::string& path) {
  const py::gil_scoped_release released;
  return RunDirectory(path).all();
}

/// Raises a class of ledgerlab.errors, made with these arguments.
template <class... Arguments>
void raise(const char* name, Arguments&&... arguments) {
  const py::object type = py::module_::import("ledgerlab.errors").attr(name);
  const py::object error = type(std::forward<Arguments>(arguments)...);
  PyErr_SetObject(type.ptr(), error.ptr());
}

void raise_scenario_errors(const ScenarioErrors& errors) {
  py::list list;
  bool missing = false;
  for (const ScenarioError& e : errors.errors()) {
    list.append(py::make_tuple(e.file, e.place.line, e.place.column, e.key, e.message, e.suggestion,
                               e.text()));
    missing = missing || e.missing_file;
  }
  raise(missing ? "MissingFile" : "ScenarioError", list);
}

void raise_protocol_fault(const ProtocolFault& fault) {
  const py::object cause = fault.raised->value();
  if (fault.raised->trace()) PyException_SetTraceback(cause.ptr(), fault.raised->trace().ptr());
  if (!py::isinstance(cause, PyExc_Exception)) {  // Ctrl-C inside a hook stays what it is
    PyErr_SetObject(fault.raised->type().ptr(), cause.ptr());
    return;
  }
  const py::object type = py::module_::import("ledgerlab.errors").attr("ProtocolError");
  const py::object error =
      type(std::string(fault.what()), fault.hook, fault.node, count_ns(fault.local));
  error.attr("__cause__") = cause;
  PyErr_SetObject(type.ptr(), error.ptr());
}

void translate(std::exception_ptr thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const ProtocolFault& fault) {
    raise_protocol_fault(fault);
  } catch (const ScenarioErrors& errors) {
    raise_scenario_errors(errors);
  } catch (const InternalFault& error) {
    raise("InternalFault", error.what());
  } catch (const EngineUnavailable& error) {
    raise("EngineUnavailable", error.what());
  } catch (const EngineRefuses& error) {
    raise("EngineRefuses", error.what());
  } catch (const EngineLimit& error) {
    raise("EngineRefuses", error.what());
  } catch (const EngineBusy& error) {
    raise("EngineRefuses", error.what());
  } catch (const DataNotFoundError& error) {
    raise("DataNotFound", error.what());
  } catch (const ResultsError& error) {
    raise("ResultsError", error.what());
  }
}

void bind_scenario(py::module_& m) {
  using py::arg;
  py::class_<Stop>(m, "Stop")
      .def(py::init<>())
      .def("set", [](Stop& stop) { stop.flag = true; })
      .def("is_set", [](const Stop& stop) { return stop.flag.load(); });
  py::class_<Scenario, std::shared_ptr<Scenario>>(m, "Scenario")
      .def(py::init<const std::optional<std::string>&, const std::string&,
                    const std::vector<std::string>&, std::optional<std::uint64_t>,
                    const std::vector<std::shared_ptr<Model>>&>(),
           arg("text"), arg("file"), arg("settings"), arg("seed"), arg("models"))
      .def(
          "with_seed",
          [](const Scenario& s, std::uint64_t seed) { return std::make_shared<Scenario>(s, seed); },
          arg("seed"))
      .def_property_readonly("name", [](const Scenario& s) { return s.plan.name; })
      .def_property_readonly("seed", [](const Scenario& s) { return s.plan.seed; })
      .def_property_readonly("source", [](const Scenario& s) { return s.document->source; })
      .def_property_readonly("engine", [](const Scenario& s) { return s.plan.network.engine; })
      .def_property_readonly("systems",
                             [](const Scenario& s) {
                               std::vector<std::string> names;
                               for (const SystemPlan& system : s.plan.systems)
                                 names.push_back(system.name);
                               return names;
                             })
      .def(
          "headline",
          [](const Scenario& s, std::size_t seeds) { return plan_headline(s.plan, seeds); },
          arg("seeds") = 1)
      .def("params", &params_of, arg("system"))
      .def("plan_json", [](const Scenario& s) { return plan_json(s.plan); })
      .def("run", &run, arg("system"), arg("stop"), arg("progress") = py::none(),
           arg("share") = true, arg("eager") = true, arg("trace_file") = "")
      .def("verdict", &verdict_of, arg("system"), arg("result"))
      .def(
          "table",
          [](const Scenario& s, const std::vector<RunResult>& runs, bool ratios) {
            return render_table(s.plan, runs, ratios);
          },
          arg("runs"), arg("ratios") = false);
  py::class_<RunResult, std::shared_ptr<RunResult>>(m, "Result")
      .def_readonly("system", &RunResult::system)
      .def_readonly("seed", &RunResult::seed)
      .def_readonly("interrupted", &RunResult::interrupted)
      .def_readonly("plan_digest", &RunResult::plan_digest)
      .def_readonly("trace_hash", &RunResult::trace_hash)
      .def("blocks", &blocks_of);
}

}  // namespace
}  // namespace ledgerlab::python

PYBIND11_MODULE(_core, m) {
  using namespace ledgerlab;
  using namespace ledgerlab::python;
  using py::arg;
  m.doc() = "The binding of ledgerlab: use the package, not this module.";
  m.attr("__version__") = LEDGERLAB_VERSION;
  py::register_exception_translator(&translate);
  bind_protocol(m);
  bind_scenario(m);
  m.def("consensus_names", &consensus_names, arg("text"), arg("file"), arg("settings"));
  m.def("results_json", &results_json, arg("name"), arg("runs"), arg("reproduce"));
  m.def("save", &save, arg("path"), arg("scenarios"), arg("systems"), arg("runs"));
  m.def("load", &load, arg("path"));
  m.def("models_json", [] { return models_json(builtin_models()); });
}
