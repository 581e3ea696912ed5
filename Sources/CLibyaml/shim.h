#ifndef SIGHTLINE_CLIBYAML_SHIM_H
#define SIGHTLINE_CLIBYAML_SHIM_H

#include <yaml.h>

#endif
