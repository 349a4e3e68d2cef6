#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/output.h"

namespace drydock::cli {

struct LayerState {
  std::string digest;
  std::string step;  // waiting, here, downloading, unpacking, done
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;
};

// The layers of one progress line of the daemon ({"layers": [...]}).
std::vector<LayerState> layers_of(const Json& line);

// One line a layer, at most `width` characters and `height` lines: when there are more layers,
// those that are at work, and a last line that counts the others. Pure.
std::vector<std::string> layer_lines(const std::vector<LayerState>& layers, std::size_t width,
                                     std::size_t height);

// Shows how the layers of one pull get on: redrawn lines on a terminal, else one line for each
// layer that is finished.
class LayerBars {
 public:
  explicit LayerBars(Output& out);
  void show(const std::vector<LayerState>& layers);
  // Takes the lines away, or leaves them as they are.
  void clear();

 private:
  Output& out_;
  bool redraw_;
  std::size_t drawn_ = 0;  // lines above the cursor that are ours
  std::set<std::string> told_;
};

}  // namespace drydock::cli
