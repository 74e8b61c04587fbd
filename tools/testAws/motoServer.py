"""moto's server, with two gaps closed.

It refuses a template for any warning of cfn-lint, which runs by itself here; and the outputs of a stack stay those of
its first template.
"""

import sys

from moto.cloudformation import models, utils
from moto.server import main

for module in (utils, models):
    if hasattr(module, "validate_template_cfn_lint"):
        module.validate_template_cfn_lint = lambda template: []

execute = models.CloudFormationBackend.execute_change_set


def execute_change_set(self, change_set_name, stack_name=None):
    execute(self, change_set_name, stack_name)
    for stack in self.stacks.values():
        stack._parse_template()
        stack.output_map = stack._create_output_map()


models.CloudFormationBackend.execute_change_set = execute_change_set

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
