"""moto's server without its own run of cfn-lint: every warning would refuse the template, and cfn-lint runs by itself."""

import sys

from moto.cloudformation import models, utils
from moto.server import main

for module in (utils, models):
    if hasattr(module, "validate_template_cfn_lint"):
        module.validate_template_cfn_lint = lambda template: []

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
